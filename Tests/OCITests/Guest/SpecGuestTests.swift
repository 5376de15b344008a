import OCI
import RuntimeErrors
import Testing

@Suite struct SpecGuestTests {
    private func rewrite(_ mounts: [Int: GuestRewrite.MountChange] = [:]) -> GuestRewrite {
        GuestRewrite(rootPath: "/run/kata-containers/c/rootfs", cgroupsPath: "/c", mounts: mounts)
    }

    @Test func typical() throws {
        let spec = try SpecFixture.spec()
        let guest = try spec.forGuest(rewrite([1: .source("/run/shared/c/data")]))
        var expected = spec
        expected.root = Root(path: "/run/kata-containers/c/rootfs", readonly: true)
        expected.mounts[1].source = "/run/shared/c/data"
        expected.process?.apparmorProfile = ""
        expected.process?.selinuxLabel = ""
        expected.linux?.namespaces = [Namespace(.ipc), Namespace(.uts), Namespace(.mount)]
        expected.linux?.cgroupsPath = "/c"
        expected.linux?.intelRdt = nil
        #expect(guest.spec == expected)
        #expect(!guest.sharesProcessNamespace)
        #expect(
            guest.notes == [
                "the AppArmor profile is not applied: the guest's kernel has no such policy",
                "the SELinux label is not applied: the guest's kernel has no such policy",
                "cache allocation by intelRdt is not applied: the guest has no resctrl",
            ])
    }

    @Test func capabilitiesAndLimitsStay() throws {
        let spec = try SpecFixture.spec()
        let guest = try spec.forGuest(rewrite([1: .drop])).spec
        #expect(guest.process?.capabilities == spec.process?.capabilities)
        #expect(guest.process?.rlimits == spec.process?.rlimits)
        #expect(guest.process?.noNewPrivileges == true)
        #expect(guest.linux?.resources == spec.linux?.resources)
        #expect(guest.linux?.seccomp == spec.linux?.seccomp)
        #expect(guest.linux?.maskedPaths == spec.linux?.maskedPaths)
        #expect(guest.mounts.count == 1)
    }

    @Test func everyPathOfTheHostIsGone() throws {
        let spec = try SpecFixture.spec()
        let text = try jsonText(spec.forGuest(rewrite([1: .source("/run/x")])).spec)
        #expect(!text.contains("/var/run/netns"))
        #expect(!text.contains("/srv/data"))
        #expect(!text.contains("/default/box"))
    }

    @Test func aBindMountWithoutAPlaceIsAnError() {
        #expect(throws: RuntimeError.self) { _ = try SpecFixture.spec().forGuest(self.rewrite()) }
    }

    @Test func mountsAreReplacedByPosition() throws {
        var spec = SpecFixture.small()
        spec.mounts = ["/a", "/b"].map {
            Mount(destination: "/x", type: "bind", source: $0, options: ["rbind"])
        }
        let other = Mount(destination: "/x", type: "tmpfs", source: "shm")
        let guest = try spec.forGuest(rewrite([0: .source("/g"), 1: .replace(other)])).spec
        #expect(guest.mounts.map(\.source) == ["/g", "shm"])
    }

    @Test func hooksOfTheHostGo() throws {
        var spec = SpecFixture.small()
        spec.hooks = Hooks()
        spec.hooks?.prestart = [Hook(path: "/usr/bin/hook")]
        spec.hooks?.poststop = [Hook(path: "/usr/bin/hook")]
        #expect(try spec.forGuest(rewrite()).spec.hooks == nil)
    }

    @Test func hooksInTheContainerAreRefusedOrKept() throws {
        var spec = SpecFixture.small()
        spec.hooks = Hooks()
        spec.hooks?.prestart = [Hook(path: "/usr/bin/hook")]
        spec.hooks?.startContainer = [Hook(path: "/bin/inner")]
        #expect(
            message { _ = try spec.forGuest(self.rewrite()) }.hasPrefix(
                "unimplemented: can't run the createContainer"))
        var keeping = rewrite()
        keeping.keepsContainerHooks = true
        let hooks = try spec.forGuest(keeping).spec.hooks
        #expect(hooks?.startContainer == [Hook(path: "/bin/inner")])
        #expect(hooks?.prestart == [])
    }

    @Test func namespaces() throws {
        var spec = SpecFixture.small()
        spec.linux?.namespaces = [
            Namespace(.pid, path: "/proc/7/ns/pid"), Namespace(.ipc, path: "/proc/7/ns/ipc"),
            Namespace(.time), Namespace(.cgroup),
        ]
        spec.linux?.timeOffsets = ["boottime": TimeOffset(secs: 1)]
        let guest = try spec.forGuest(rewrite())
        #expect(guest.sharesProcessNamespace)
        #expect(guest.spec.linux?.namespaces == [Namespace(.ipc)])
        #expect(guest.spec.linux?.timeOffsets == [:])
    }

    @Test func userNamespaces() throws {
        var spec = SpecFixture.small()
        spec.linux?.namespaces = [Namespace(.user, path: "/proc/7/ns/user")]
        #expect(message { _ = try spec.forGuest(self.rewrite()) }.contains("can't join the user namespace"))
        spec.linux?.uidMappings = [IDMapping(containerID: 0, hostID: 65536, size: 65536)]
        spec.linux?.gidMappings = [IDMapping(containerID: 0, hostID: 65536, size: 65536)]
        #expect(try spec.forGuest(rewrite()).spec.linux?.namespaces == [Namespace(.user)])
    }

    @Test func devices() throws {
        var spec = SpecFixture.small()
        spec.linux?.devices = [
            DeviceNode(path: "/dev/fuse", type: "c", major: 10, minor: 229),
            DeviceNode(path: "/dev/sda", type: "b", major: 8, minor: 0),
            DeviceNode(path: "/dev/vfio/12", type: "c", major: 240, minor: 0),
        ]
        let guest = try spec.forGuest(rewrite())
        #expect(guest.spec.linux?.devices.map(\.path) == ["/dev/fuse"])
        #expect(guest.notes == ["2 device nodes of the host are not made in the container"])
        var showing = rewrite()
        showing.hidesVFIONodes = false
        #expect(try spec.forGuest(showing).spec.linux?.devices.count == 2)
    }

    @Test func deviceRulesStartWithDenyAll() throws {
        var spec = SpecFixture.small()
        #expect(try spec.forGuest(rewrite()).spec.linux?.resources?.devices == [.denyAll])
        let allow = DeviceRule(allow: true, access: "rwm")
        spec.linux?.resources = Resources()
        spec.linux?.resources?.devices = [allow]
        #expect(try spec.forGuest(rewrite()).spec.linux?.resources?.devices == [.denyAll, allow])
        let deny = DeviceRule(allow: false, access: "mrw")
        spec.linux?.resources?.devices = [deny, allow]
        #expect(try spec.forGuest(rewrite()).spec.linux?.resources?.devices == [deny, allow])
    }

    @Test func limitsBoundToHostDevicesGo() {
        var resources = Resources()
        resources.blockIO = BlockIOLimits()
        resources.blockIO?.weight = 200
        resources.blockIO?.throttleReadBpsDevice = [ThrottledDevice(major: 8, minor: 0, rate: 1)]
        resources.rdma = ["mlx5_0": RDMALimit()]
        resources.network = NetworkLimits()
        resources.cpu = CPULimits(cpus: "4-5")
        var notes: [String] = []
        let inner = resources.forGuest(&notes)
        #expect(inner.blockIO?.weight == 200)
        #expect(inner.blockIO?.throttleReadBpsDevice == [])
        #expect(inner.rdma == [:])
        #expect(inner.network == nil)
        #expect(inner.cpu?.cpus == "4-5")
        #expect(inner.devices == [])
        #expect(notes.count == 2)
    }

    @Test func seccomp() throws {
        var spec = SpecFixture.small()
        spec.linux?.seccomp = Seccomp(defaultAction: "SCMP_ACT_ALLOW")
        var without = rewrite()
        without.keepsSeccomp = false
        #expect(try spec.forGuest(without).spec.linux?.seccomp == nil)
        #expect(try spec.forGuest(rewrite()).spec.linux?.seccomp == spec.linux?.seccomp)
        spec.linux?.seccomp?.syscalls = [SeccompRule(names: ["mount"], action: "SCMP_ACT_NOTIFY")]
        #expect(message { _ = try spec.forGuest(self.rewrite()) }.contains("can't apply the seccomp filter"))
    }

    @Test func annotationsThatTheAgentWouldActOnGo() throws {
        var spec = SpecFixture.small()
        spec.annotations = [
            "cdi.k8s.io/x": "vendor.com/gpu=all", "io.katacontainers.config.hypervisor.path": "/x", "a": "b",
        ]
        #expect(try spec.forGuest(rewrite()).spec.annotations == ["a": "b"])
    }
}
