import Foundation
import Linux
import RuntimeErrors
import Testing

@testable import SharedFilesystem

/// The real virtiofsd, from SWIFTLET_TEST_VIRTIOFSD, the build's folder or the system.
private let virtiofsd: String? = {
    var candidates: [String] = []
    if let path = ProcessInfo.processInfo.environment["SWIFTLET_TEST_VIRTIOFSD"] { candidates.append(path) }
    var folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    while folder.path != "/" {
        folder.deleteLastPathComponent()
        candidates.append(folder.appendingPathComponent(".build-lab/bin/virtiofsd").path)
    }
    candidates += ["/usr/libexec/virtiofsd", "/usr/lib/virtiofsd"]
    return candidates.first { access($0, X_OK) == 0 }
}()

@Suite(
    .serialized, .enabled(if: isRoot, "needs root"),
    .enabled(if: virtiofsd != nil, "no virtiofsd: set SWIFTLET_TEST_VIRTIOFSD or install one"))
struct VirtiofsDaemonTests {
    private final class Running {
        let tree: SharedTree
        let folder: TemporaryFolder
        let pid: pid_t
        let pidfd: SharedDescriptor

        init(
            tree: SharedTree, folder: TemporaryFolder, child: (pid: pid_t, pidfd: SharedDescriptor)
        ) {
            self.tree = tree
            self.folder = folder
            pid = child.pid
            pidfd = child.pidfd
        }

        var log: String { (try? text(of: "\(folder.path)/log")) ?? "" }
        var status: String { (try? text(of: "/proc/\(pid)/status")) ?? "" }

        /// What its descriptors are.
        var links: [String] {
            let folder = "/proc/\(pid)/fd"
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            return names.compactMap {
                try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
            }
        }

        func field(_ name: String) -> String? {
            status.split(separator: "\n").first { $0.hasPrefix("\(name):") }
                .map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
        }

        deinit {
            _ = try? sendSignal(SIGKILL, to: pidfd.raw)
            _ = try? waitUntilExit(of: pid)
        }
    }

    private func start(
        _ change: (inout VirtiofsDaemon.Environment) -> Void = { _ in }
    ) throws -> Running {
        let executable = try #require(virtiofsd)
        let folder = try TemporaryFolder()
        let log = try openDescriptor("\(folder.path)/log", flags: O_CREAT | O_WRONLY | O_APPEND, mode: 0o600)
        let tree = try SharedTree.create(holding: [executable])
        let listener = try UnixListener(binding: "\(folder.path)/s")
        var environment = VirtiofsDaemon.Environment(
            listener: listener.descriptor.raw, standardError: log.raw)
        change(&environment)
        let options = try VirtiofsOptions(executable: executable, sandboxID: "pod-\(getpid())")
        let child = try VirtiofsDaemon.start(options, serving: tree, environment)
        return Running(tree: tree, folder: folder, child: child)
    }

    /// The daemon has set itself up: its seccomp filter is on and its worker waits for requests.
    private func waitUntilReady(_ daemon: Running) -> Bool {
        eventually {
            daemon.field("Seccomp") == "2" && daemon.links.contains("anon_inode:[eventpoll]")
                && daemon.links.contains(SharedTree.path)
        }
    }

    @Test func keepsItsLaunchContract() throws {
        let daemon = try start { $0.oomScoreAdjust = 500 }
        #expect(waitUntilReady(daemon), "\(daemon.log)")
        #expect(daemon.field("NoNewPrivs") == "1")
        // A thread that makes another one blocks its signals for that moment.
        #expect(eventually { daemon.field("SigBlk") == "0000000000000000" })
        #expect(daemon.field("CapBnd") == "0000000000000000")
        #expect(daemon.field("CapInh") == "0000000000000000")
        let held = try #require(daemon.field("CapEff").flatMap { UInt64($0, radix: 16) })
        #expect(CapabilitySet(rawValue: held).isSubset(of: VirtiofsDaemon.capabilities))
        #expect(!CapabilitySet(rawValue: held).contains(.sysChroot))
        #expect(try text(of: "/proc/\(daemon.pid)/oom_score_adj") == "500\n")
        let arguments = try text(of: "/proc/\(daemon.pid)/cmdline").split(separator: "\0")
        #expect(arguments.first == "virtiofsd[pod-\(getpid())]")
        #expect(arguments.contains("--seccomp=kill") && arguments.contains("--sandbox=chroot"))
        for kind in ["mnt", "pid", "net", "ipc"] {
            let own = try FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/\(daemon.pid)/ns/\(kind)")
            let ours = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/\(kind)")
            #expect(own != ours, "\(kind)")
        }
    }

    @Test func seesNothingButTheTree() throws {
        let daemon = try start()
        #expect(waitUntilReady(daemon), "\(daemon.log)")
        let root = "/proc/\(daemon.pid)/root"
        #expect(try FileManager.default.contentsOfDirectory(atPath: root) == [])
        #expect(
            try FileStatus(of: root).isSameFile(as: FileStatus(of: daemon.tree.root.raw)))
        let source = try daemon.folder.folder("source")
        try daemon.folder.file("source/f", "hello")
        let place = try SharedPlace(container: "c1", .rootfs)
        try daemon.tree.attach([try .bind(BindSource(path: source, readOnly: true))], at: place)
        #expect(try text(of: "\(root)/c1/rootfs/f") == "hello")
        #expect(!FileManager.default.createFile(atPath: "\(root)/x", contents: nil))
        #expect(!FileManager.default.createFile(atPath: "\(root)/c1/rootfs/x", contents: nil))
        // The table as the daemon's own root shows it holds the tree and what is attached in it.
        let table = try MountTable.read("/proc/\(daemon.pid)/mountinfo").entries
        #expect(table.map(\.mountPoint) == ["/", "/c1/rootfs"])
        try daemon.tree.detach(container: "c1")
        #expect(try FileManager.default.contentsOfDirectory(atPath: root) == [])
    }

    @Test func losesTheHostWhenSealed() throws {
        let daemon = try start()
        #expect(waitUntilReady(daemon), "\(daemon.log)")
        try daemon.tree.seal()
        #expect(throws: RuntimeError.self) { try daemon.tree.seal() }
        #expect(throws: RuntimeError.self) { try run(["/bin/true"], in: daemon.tree) }
        let source = try daemon.folder.folder("source")
        try daemon.folder.file("source/f", "hello")
        try daemon.tree.attach(
            [try .bind(BindSource(path: source, readOnly: true))], at: SharedPlace(container: "c1", .rootfs))
        #expect(try text(of: "/proc/\(daemon.pid)/root/c1/rootfs/f") == "hello")
        let table = try MountTable.read("/proc/\(daemon.pid)/mountinfo").entries
        #expect(table.map(\.mountPoint) == ["/", "/c1/rootfs"])
        // From the folder of /proc that the daemon holds, no way leads up to another mount.
        let held = try #require(
            try FileManager.default.contentsOfDirectory(atPath: "/proc/\(daemon.pid)/fd").first {
                try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(daemon.pid)/fd/\($0)")
                    .hasSuffix("/fd")
            })
        let above = try FileStatus(of: "/proc/\(daemon.pid)/fd/\(held)/../../../../..")
        #expect(try !above.isSameFile(as: FileStatus(of: "/")))
        try daemon.tree.detach(container: "c1")
        #expect(try FileManager.default.contentsOfDirectory(atPath: "/proc/\(daemon.pid)/root") == [])
    }

    @Test func holdsOnlyWhatItNeeds() throws {
        let leaky = open("/etc/passwd", O_RDONLY)
        defer { close(leaky) }
        let daemon = try start()
        #expect(waitUntilReady(daemon), "\(daemon.log)")
        let links = daemon.links
        let kinds = links.map { $0.hasPrefix("/proc/") ? "/proc" : String($0.prefix { $0 != ":" }) }
        #expect(
            Set(kinds) == [
                "/dev/null", "\(daemon.folder.path)/log", "socket", "anon_inode", "/proc", SharedTree.path,
            ], "\(links)")
        #expect(links.filter { $0.hasPrefix("socket:") }.count == 1)
    }

    @Test func endsWithItsCgroup() throws {
        let group = SandboxCgroup("share\(getpid())", in: try CgroupHierarchy.find())
        try group.create()
        defer { _ = try? group.remove() }
        let folder = try group.openForBirth()
        let daemon = try start {
            $0.cgroup = folder?.raw
            if folder == nil { $0.cgroupProcsPaths = [group.procsPath] }
        }
        #expect(waitUntilReady(daemon), "\(daemon.log)")
        #expect(try group.processes() == [daemon.pid])
        try group.killAll()
        #expect(try group.waitUntilEmpty(.seconds(5)))
    }

    @Test func namesAMissingProgram() throws {
        let tree = try SharedTree.create()
        let options = try VirtiofsOptions(executable: "/nowhere/virtiofsd", sandboxID: "p")
        let error = #expect(throws: RuntimeError.self) {
            try VirtiofsDaemon.start(options, serving: tree, .init(listener: 0, standardError: 2))
        }
        #expect(error?.code == .notFound)
        #expect(error?.message.contains("'/nowhere/virtiofsd'") == true)
    }
}
