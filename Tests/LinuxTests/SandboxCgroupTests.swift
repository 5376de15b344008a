import Glibc
import Linux
import RuntimeErrors
import Testing

@Suite(.enabled(if: isRoot, "needs root"))
struct SandboxCgroupTests {
    /// Every hierarchy of this machine that can be used.
    private static var hierarchies: [CgroupHierarchy] {
        let found = [
            CgroupHierarchy(version: .unified, path: "/sys/fs/cgroup"),
            CgroupHierarchy(version: .unified, path: "/sys/fs/cgroup/unified"),
            CgroupHierarchy(version: .freezer, path: "/sys/fs/cgroup/freezer"),
        ]
        return found.filter {
            access("\($0.path)/\($0.version == .unified ? "cgroup.controllers" : "cgroup.procs")", F_OK) == 0
        }
    }

    @Test(arguments: hierarchies)
    func holdsAndKillsProcessesAndTheirChildren(_ hierarchy: CgroupHierarchy) throws {
        let group = SandboxCgroup("test\(getpid())", in: hierarchy)
        try group.create()
        try group.create()
        let null = try openDescriptor("/dev/null", flags: O_RDWR).shared()
        var launch = ChildLaunch(
            executable: "/bin/sh",
            arguments: ["sh", "-c", "trap '' TERM; setsid sleep 60 & sleep 60 & wait"],
            environment: ["PATH=/bin:/usr/bin"], descriptors: [(null.raw, 0), (null.raw, 1), (null.raw, 2)])
        let entry = try group.entry()
        launch.cgroup = entry.folder?.raw
        launch.cgroupProcsPaths = entry.procsPaths
        let child = try withExtendedLifetime(entry.folder) { try spawn(launch) }
        #expect(try eventually { try group.processes().count == 3 })
        let members = try group.processes()
        #expect(members.contains(child.pid))
        let busy = #expect(throws: RuntimeError.self) { try group.remove() }
        #expect(busy?.code == .failedPrecondition)

        try group.killAll()
        #expect(try waitUntilExit(of: child.pid) == .signaled(SIGKILL))
        #expect(try group.waitUntilEmpty(.seconds(5)))
        #expect(members.allSatisfy { !isAlive($0) })
        try group.remove()
        try group.remove()
        try group.killAll()
        #expect(access(group.path, F_OK) != 0)
    }

    @Test(arguments: hierarchies)
    func sharesItsParentWithOtherSandboxes(_ hierarchy: CgroupHierarchy) throws {
        let groups = (0..<3).map { SandboxCgroup("many\($0)x\(getpid())", in: hierarchy) }
        for _ in 0..<20 {
            for group in groups { try group.create() }
            for group in groups { try group.remove() }
        }
        #expect(groups.allSatisfy { access($0.path, F_OK) != 0 })
    }

    @Test func findsTheHierarchyOfAFakeTree() throws {
        let folder = try TemporaryFolder()
        let none = #expect(throws: RuntimeError.self) { try CgroupHierarchy.find(root: folder.path) }
        #expect(none?.code == .failedPrecondition)
        mkdir("\(folder.path)/freezer", 0o755)
        try folder.file("freezer/cgroup.procs", "")
        #expect(try CgroupHierarchy.find(root: folder.path).version == .freezer)
        mkdir("\(folder.path)/unified", 0o755)
        try folder.file("unified/cgroup.controllers", "")
        #expect(try CgroupHierarchy.find(root: folder.path).path == "\(folder.path)/unified")
        try folder.file("cgroup.controllers", "")
        #expect(try CgroupHierarchy.find(root: folder.path).path == folder.path)
    }
}
