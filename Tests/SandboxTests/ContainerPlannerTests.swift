import Configuration
import OCI
import RuntimeErrors
import SharedFilesystem
import Testing

@testable import Sandbox

@Suite struct ContainerPlannerTests {
    private func plan(_ spec: Spec, rootfs: [RootfsMount] = [RootfsMount(type: "bind", source: "/snap")])
        throws
        -> ContainerPlan
    {
        let text = """
            [hypervisor.qemu]
            path = "/usr/bin/vmm"
            kernel = "/g/vmlinux"
            initrd = "/g/initrd"
            """
        let configuration = try RuntimeConfiguration(texts: [ConfigurationText(name: "test", text: text)])
        let request = ContainerRequest(
            id: try ContainerID(parsing: "c1"), bundle: "/bundle", spec: spec, rootfs: rootfs,
            stdio: StdioPaths(stdin: "", stdout: "", stderr: "", terminal: false),
            configuration: configuration)
        return try ContainerPlanner(configuration: configuration).plan(request)
    }

    private func spec(_ mounts: [Mount]) -> Spec {
        Spec(
            process: OCI.Process(args: ["true"]), root: Root(path: "rootfs"), mounts: mounts,
            linux: LinuxConfiguration())
    }

    @Test func bindMountsMoveIntoTheShare() throws {
        let plan = try plan(
            spec([
                Mount(destination: "/proc", type: "proc", source: "proc"),
                Mount(destination: "/data", type: "bind", source: "/srv/data", options: ["rbind", "ro"]),
            ]))
        #expect(
            plan.shares == [
                PlannedShare(part: .rootfs, content: .rootfs([RootfsMount(type: "bind", source: "/snap")])),
                PlannedShare(
                    part: .mount(1), content: .bind(source: "/srv/data", recursive: true, readOnly: true)),
            ])
        #expect(plan.guestSpec.root?.path == "/run/kata-containers/shared/containers/c1/rootfs")
        #expect(plan.guestSpec.mounts[0].source == "proc")
        #expect(plan.guestSpec.mounts[1].source == "/run/kata-containers/shared/containers/c1/mounts/1")
    }

    @Test func noHostPathReachesTheGuest() throws {
        let plan = try plan(
            spec([Mount(destination: "/x", type: "bind", source: "/very/secret/place", options: ["bind"])]))
        #expect(!"\(plan.guestSpec)".contains("/very/secret"))
    }

    @Test func sharedPropagationIsRefused() {
        let error = #expect(throws: RuntimeError.self) {
            try plan(
                spec([Mount(destination: "/x", type: "bind", source: "/y", options: ["rbind", "rshared"])]))
        }
        #expect(error?.code == .unimplemented)
    }

    /// CVE-2026-24054: a root by path is no bind mount of whatever is there.
    @Test(arguments: [("rootfs", "/bundle/rootfs", false, "rw"), ("/other", "/other", true, "ro")])
    func aRootByPathIsHeldToTheRulesOfRoots(path: String, source: String, readonly: Bool, option: String)
        throws
    {
        var spec = spec([])
        spec.root = Root(path: path, readonly: readonly)
        let mount = RootfsMount(type: "bind", source: source, options: ["rbind", option])
        #expect(try plan(spec, rootfs: []).shares == [PlannedShare(part: .rootfs, content: .rootfs([mount]))])
    }

    @Test func withoutARootThereIsNoContainer() {
        var spec = spec([])
        spec.root = nil
        let error = #expect(throws: RuntimeError.self) { try plan(spec, rootfs: []) }
        #expect(error?.code == .invalidArgument)
    }
}
