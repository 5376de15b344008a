import OCI
import Testing

/// No container gets more than its specification gives it, whatever devices the specification brings.
@Suite struct PrivilegeTests {
    private static let names =
        ["CHOWN", "KILL", "NET_ADMIN", "NET_BIND_SERVICE", "SYS_ADMIN", "SYS_RESOURCE"]
        .map { "CAP_\($0)" } + ["CAP_IPC_LOCK", "CAP_PERFMON"]

    /// Every subset of eight capabilities in every set, in turn with every other set empty and full.
    @Test func capabilitiesOutAreCapabilitiesIn() throws {
        let sets: [WritableKeyPath<Capabilities, [String]>] = [
            \.bounding, \.effective, \.inheritable, \.permitted, \.ambient,
        ]
        for subset in 0..<(1 << Self.names.count) {
            let chosen = Self.names.indices.filter { subset & (1 << $0) != 0 }.map { Self.names[$0] }
            for set in sets {
                for others in [[], Self.names] {
                    var capabilities = Capabilities()
                    for other in sets { capabilities[keyPath: other] = others }
                    capabilities[keyPath: set] = chosen
                    let process = try Self.guest(Self.withDevices { $0.process?.capabilities = capabilities })
                    #expect(process == capabilities)
                    var added = Process(args: ["/bin/sh"])
                    added.capabilities = capabilities
                    #expect(added.forGuest().process.capabilities == capabilities)
                }
            }
        }
    }

    @Test func noneStayNone() throws {
        #expect(try Self.guest(Self.withDevices { $0.process?.capabilities = nil }) == nil)
        #expect(Process(args: ["/bin/sh"]).forGuest().process.capabilities == nil)
    }

    @Test(arguments: [false, true]) func noNewPrivilegesStaysForInitAndExec(_ value: Bool) throws {
        let spec = Self.withDevices { $0.process?.noNewPrivileges = value }
        #expect(try spec.forGuest(Self.rewrite).spec.process?.noNewPrivileges == value)
        var added = Process(args: ["/bin/sh"])
        added.noNewPrivileges = value
        #expect(added.forGuest().process.noNewPrivileges == value)
    }

    @Test func theMasksOfProcStay() throws {
        let spec = Self.withDevices {
            $0.linux?.maskedPaths = ["/proc/kcore", "/proc/keys"]
            $0.linux?.readonlyPaths = ["/proc/sys"]
        }
        let guest = try spec.forGuest(Self.rewrite).spec
        #expect(guest.linux?.maskedPaths == ["/proc/kcore", "/proc/keys"])
        #expect(guest.linux?.readonlyPaths == ["/proc/sys"])
    }

    private static let rewrite: GuestRewrite = {
        var rewrite = GuestRewrite(rootPath: "/run/c", cgroupsPath: "/c")
        rewrite.hidesVFIONodes = false
        return rewrite
    }()

    private static func guest(_ spec: Spec) throws -> Capabilities? {
        try spec.forGuest(rewrite).spec.process?.capabilities
    }

    private static func withDevices(_ change: (inout Spec) -> Void) -> Spec {
        SpecFixture.small { spec in
            spec.annotations["cdi.k8s.io/x"] = "nvidia.com/gpu=0"
            spec.linux?.devices = [
                DeviceNode(path: "/dev/vfio/vfio", type: "c", major: 10, minor: 196),
                DeviceNode(path: "/dev/vfio/7", type: "c", major: 240, minor: 7),
            ]
            change(&spec)
        }
    }
}
