import Glibc
import Linux
import RuntimeErrors
import Testing

@testable import SharedFilesystem

@Suite(.enabled(if: isRoot, "needs root"))
struct RootfsMountTests {
    private func attach(_ mounts: [RootfsMount]) throws -> SharedTree {
        let tree = try SharedTree.create()
        try tree.attach(try PreparedMount.rootfs(mounts), at: SharedPlace(container: "c", .rootfs))
        return tree
    }

    private func layers(_ folder: TemporaryFolder, _ count: Int, name: String = "layer") throws -> [String] {
        try (0..<count).map { index in
            let path = try folder.folder("\(name)\(index)")
            try folder.file("\(name)\(index)/from\(index)", "\(index)")
            try folder.file("\(name)\(index)/top", "\(index)")
            return path
        }
    }

    /// Every way of mounting on which this kernel is asked for the same result.
    @Test(arguments: OverlayMethod.allCases)
    func mountsAnOverlay(_ method: OverlayMethod) throws {
        let folder = try TemporaryFolder()
        let lower = try layers(folder, 2)
        let upper = try folder.folder("upper")
        let work = try folder.folder("work")
        let options = try OverlayOptions([
            "userxattr", "workdir=\(work)", "upperdir=\(upper)", "lowerdir=\(lower.joined(separator: ":"))",
        ])
        let tree = try SharedTree.create()
        try tree.attach(
            [try .overlay(options, methods: [method])], at: SharedPlace(container: "c", .rootfs))
        #expect(try shell("cd /run/shared/c/rootfs; cat from0 from1 top; echo new > new", in: tree) == "010")
        #expect(try text(of: "\(upper)/new") == "new\n")
        let mount = try #require(try mounts(in: tree).last)
        #expect(mount.type == "overlay")
        #expect(Set(["nosuid", "nodev", "noexec"]).isSubset(of: mount.options))
        #expect(mount.superOptions.contains("userxattr"))
    }

    @Test(arguments: OverlayMethod.allCases)
    func mountsReadOnlyLayersWithOddNames(_ method: OverlayMethod) throws {
        let folder = try TemporaryFolder()
        let lower = try layers(folder, 2, name: #"a:b,c\d "#)
        var options = try OverlayOptions(["lowerdir=/x", "ro"])
        options.lower = lower
        let tree = try SharedTree.create()
        try tree.attach([try .overlay(options, methods: [method])], at: SharedPlace(container: "c", .rootfs))
        #expect(
            try shell("cd /run/shared/c/rootfs; cat from0 from1 top; echo new > new", in: tree).hasPrefix(
                "010"))
        #expect(try #require(try mounts(in: tree).last).options.contains("ro"))
    }

    @Test func mountsManyLongLayers() throws {
        let folder = try TemporaryFolder()
        let lower = try layers(folder, 60, name: String(repeating: "n", count: 180))
        let tree = try attach([
            RootfsMount(
                type: "overlay", source: "overlay", options: ["lowerdir=\(lower.joined(separator: ":"))"])
        ])
        #expect(try shell("cd /run/shared/c/rootfs; cat top from59; ls | wc -l", in: tree) == "05961\n")
        let options = try OverlayOptions(["lowerdir=\(lower.joined(separator: ":"))"])
        let old = #expect(throws: RuntimeError.self) {
            try PreparedMount.overlay(options, methods: [.elsewhere])
        }
        #expect(old?.code == .resourceExhausted)
    }

    @Test func mountsLayersWithPathsOver255Bytes() throws {
        let folder = try TemporaryFolder()
        let deep = try folder.folder(String(repeating: "d", count: 200))
        for name in ["x", "y"] { mkdir("\(deep)/\(String(repeating: name, count: 100))", 0o755) }
        let lower = ["x", "y"].map { "\(deep)/\(String(repeating: $0, count: 100))" }
        let tree = try attach([
            RootfsMount(
                type: "overlay", source: "overlay", options: ["lowerdir=\(lower.joined(separator: ":"))"])
        ])
        #expect(try #require(try mounts(in: tree).last).type == "overlay")
    }

    @Test func saysWhatTheKernelRefuses() throws {
        let folder = try TemporaryFolder()
        let lower = try layers(folder, 1)
        let error = #expect(throws: RuntimeError.self) {
            try PreparedMount.rootfs([
                RootfsMount(
                    type: "overlay", source: "overlay", options: ["lowerdir=\(lower[0])", "nonsense=1"])
            ])
        }
        #expect(error?.message.contains("nonsense") == true)
    }

    @Test func bindsTheNativeSnapshottersFolder() throws {
        let folder = try TemporaryFolder()
        try folder.file("f", "x")
        let writable = try attach([RootfsMount(type: "bind", source: folder.path, options: ["rbind", "rw"])])
        #expect(try shell("cat /run/shared/c/rootfs/f; echo y > /run/shared/c/rootfs/g", in: writable) == "x")
        #expect(try text(of: "\(folder.path)/g") == "y\n")
        let readOnly = try attach([RootfsMount(type: "bind", source: folder.path, options: ["rbind", "ro"])])
        #expect(try shell("echo y > /run/shared/c/rootfs/h", in: readOnly).contains("Read-only"))
    }

    @Test func stacksAListOfMounts() throws {
        let folder = try TemporaryFolder()
        for name in ["one", "two"] {
            try folder.folder(name)
            try folder.folder("\(name)/sub")
            try folder.file("\(name)/\(name)")
        }
        let tree = try attach([
            RootfsMount(type: "bind", source: "\(folder.path)/one", options: ["ro"]),
            RootfsMount(type: "bind", source: "\(folder.path)/two", options: ["ro"]),
            RootfsMount(type: "bind", source: "\(folder.path)/one", target: "/sub", options: ["ro"]),
        ])
        #expect(try shell("cd /run/shared/c/rootfs; echo * sub/*", in: tree) == "sub two sub/one sub/sub\n")
        try tree.detach(container: "c")
        #expect(try mounts(in: tree).count == 4)
    }

    @Test func followsNoLinkOfAnImage() throws {
        let folder = try TemporaryFolder()
        symlink("/run", "\(folder.path)/sub")
        #expect(throws: RuntimeError.self) {
            try attach([
                RootfsMount(type: "bind", source: folder.path),
                RootfsMount(type: "bind", source: "/tmp", target: "sub"),
            ])
        }
    }

    @Test func takesNothingForARootFileSystemThatIsNone() throws {
        let folder = try TemporaryFolder()
        let fifo = "\(folder.path)/fifo"
        mkfifo(fifo, 0o600)
        let file = try folder.file("file")
        _ = try UnixListener(binding: "\(folder.path)/socket")
        symlink("/", "\(folder.path)/link")
        let refused: [(String, RuntimeError.Code, String)] = [
            (file, .invalidArgument, "it is a file"), (fifo, .invalidArgument, "it is a fifo"),
            ("\(folder.path)/socket", .invalidArgument, "it is a socket"),
            ("/dev/null", .invalidArgument, "it is a character device"),
            ("/", .invalidArgument, "the host's own root"),
            ("\(folder.path)/link", .invalidArgument, "the host's own root"),
            ("/nowhere", .notFound, "'/nowhere'"),
        ]
        for (path, code, text) in refused {
            let overlay = ["lowerdir=\(path)"]
            for mount in [
                RootfsMount(type: "bind", source: path),
                RootfsMount(type: "overlay", source: "overlay", options: overlay),
            ] {
                let error = #expect(throws: RuntimeError.self) { try PreparedMount.rootfs([mount]) }
                #expect(error?.code == code)
                #expect(error?.description.contains(text) == true)
            }
        }
        // An image without layers: an empty folder, whose root file system is empty too.
        let empty = try folder.folder("empty")
        #expect(
            try shell(
                "ls -A /run/shared/c/rootfs", in: try attach([RootfsMount(type: "bind", source: empty)]))
                == "")
    }

    @Test func namesWhatItDoesNotMount() throws {
        let block = #expect(throws: RuntimeError.self) {
            try PreparedMount.rootfs([RootfsMount(type: "ext4", source: "/dev/dm-1")])
        }
        #expect(block?.code == .unimplemented)
        #expect(block?.message.contains("type 'ext4' of '/dev/dm-1'") == true)
        #expect(throws: RuntimeError.self) { try PreparedMount.rootfs([]) }
        #expect(throws: RuntimeError.self) {
            try PreparedMount.rootfs([RootfsMount(type: "bind", source: "/tmp", options: ["uidmap=0:1:2"])])
        }
        #expect(throws: RuntimeError.self) {
            try PreparedMount.rootfs([RootfsMount(type: "bind", source: "/tmp", target: "../x")])
        }
    }
}
