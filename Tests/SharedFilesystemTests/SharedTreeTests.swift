import Glibc
import Linux
import RuntimeErrors
import Testing

@testable import SharedFilesystem

@Suite(.serialized, .enabled(if: isRoot, "needs root"))
struct SharedTreeTests {
    @Test func holdsNothingOfTheHostButItsRootReadOnly() throws {
        let tree = try SharedTree.create()
        let mounts = try mounts(in: tree)
        #expect(mounts.map(\.mountPoint) == ["/", "/proc", "/run", "/run/shared"])
        #expect(mounts.map(\.type).dropFirst() == ["proc", "tmpfs", "tmpfs"])
        for mount in mounts where mount.mountPoint != "/proc" { #expect(mount.options.contains("ro")) }
        #expect(mounts.allSatisfy { $0.options.contains("nosuid") && $0.options.contains("nodev") == true })
        #expect(mounts.allSatisfy { $0.propagation.isEmpty })
        #expect(try #require(mounts.first { $0.type == "proc" }).superOptions.contains("hidepid=invisible"))
        #expect(try shell("ls -A /run /run/shared", in: tree) == "/run:\nshared\n\n/run/shared:\n")
        #expect(try shell("echo x > /run/shared/x", in: tree).contains("Read-only"))
    }

    @Test func leavesTheHostsMountTableAlone() throws {
        let folder = try TemporaryFolder()
        let layers = try Layers(folder)
        let others = try Layers(folder, "other-")
        let bind = BindSource(path: folder.path, readOnly: true)
        let stayed = try hostMountsStay { compare in
            let tree = try SharedTree.create()
            try tree.attach([.bind(bind)], at: SharedPlace(container: "c", .mount(0)))
            try tree.attach([.overlay(layers.options)], at: SharedPlace(container: "c", .rootfs))
            try tree.attach(
                [.overlay(others.options, methods: [.elsewhere])], at: SharedPlace(container: "d", .rootfs))
            try compare()
            try tree.detach(container: "c")
            try compare()
        }
        #expect(stayed)
    }

    @Test func isGoneWithItsDescriptors() throws {
        let folder = try TemporaryFolder()
        let layers = try Layers(folder)
        do {
            let tree = try SharedTree.create()
            #expect(
                try FileStatus(of: tree.namespace.raw).inode != FileStatus(of: "/proc/self/ns/mnt").inode)
            try tree.attach([try layers.mount()], at: SharedPlace(container: "c", .rootfs))
            #expect(!layers.areFree)
        }
        #expect(eventually { layers.areFree })
    }

    @Test func showsAttachedMountsAtOnce() throws {
        let folder = try TemporaryFolder()
        let tree = try SharedTree.create()
        let source = try folder.folder("source")
        try folder.file("source/f", "hello")
        let file = try folder.file("single", "one")
        try tree.attach(
            [try .bind(BindSource(path: source, readOnly: true))], at: SharedPlace(container: "c1", .mount(0))
        )
        try tree.attach(
            [try .bind(BindSource(path: file, readOnly: false))], at: SharedPlace(container: "c1", .mount(1)))
        let output = try shell(
            """
            cd /run/shared/c1/mounts; cat 0/f 1; echo x > 0/f; echo two > 1
            """, in: tree)
        #expect(output.contains("helloone") && output.contains("Read-only"))
        #expect(try text(of: "\(source)/f") == "hello")
        #expect(try text(of: file) == "two\n")
        let mounts = try mounts(in: tree).suffix(2)
        #expect(mounts.map(\.mountPoint) == ["/run/shared/c1/mounts/0", "/run/shared/c1/mounts/1"])
        for mount in mounts {
            #expect(Set(["nosuid", "nodev", "noexec"]).isSubset(of: mount.options))
            #expect(mount.propagation.isEmpty)
        }
    }

    @Test func detachesAContainerAndLetsTheHostGo() throws {
        let folder = try TemporaryFolder()
        let disk = try folder.folder("disk")
        // A file system of its own, so that what still holds it keeps it from being unmounted for good.
        guard mount("none", disk, "tmpfs", 0, "size=64k") == 0 else { throw Errno.current }
        defer { umount2(disk, CInt(MNT_DETACH)) }
        try folder.file("disk/f", "x")
        let tree = try SharedTree.create()
        for index in 0..<3 {
            try tree.attach(
                [try .bind(BindSource(path: disk, readOnly: false))],
                at: SharedPlace(container: "c1", .mount(index)))
        }
        let layers = try Layers(folder)
        try tree.attach([try layers.mount()], at: SharedPlace(container: "c2", .rootfs))
        try tree.detach(SharedPlace(container: "c1", .mount(1)))
        #expect(
            try shell("cd /run/shared; echo *; echo */*/*", in: tree)
                == "c1 c2\nc1/mounts/0 c1/mounts/2 c2/rootfs/f\n")
        try tree.detach(container: "c1")
        try tree.detach(container: "c1")
        try tree.detach(container: "never")
        #expect(try shell("ls /run/shared", in: tree) == "c2\n")
        #expect(
            try mounts(in: tree).map(\.mountPoint).filter { $0.hasPrefix("/run/shared/") } == [
                "/run/shared/c2/rootfs"
            ])
        #expect(!layers.areFree)
        try tree.detach(container: "c2")
        #expect(eventually { layers.areFree })
        #expect(try text(of: "\(disk)/f") == "x")
        #expect(umount2(disk, 0) == 0)
    }

    @Test func leavesThePlaceFreeAfterAFailure() throws {
        let folder = try TemporaryFolder()
        let tree = try SharedTree.create()
        let place = try SharedPlace(container: "c1", .rootfs)
        let inner = PreparedMount(
            mount: try PreparedMount.bind(BindSource(path: folder.path, readOnly: true)).mount,
            kind: .directory,
            subfolder: "missing")
        let outer = try PreparedMount.bind(BindSource(path: folder.path, readOnly: true))
        let error = #expect(throws: RuntimeError.self) { try tree.attach([outer, inner], at: place) }
        #expect(error?.message == "can't share 'c1/rootfs': mount 2 of it cannot be attached")
        #expect(try mounts(in: tree).count == 4)
        try tree.attach([try .bind(BindSource(path: folder.path, readOnly: true))], at: place)
        #expect(throws: RuntimeError.self) {
            try tree.attach([try .bind(BindSource(path: folder.path, readOnly: true))], at: place)
        }
        #expect(try mounts(in: tree).count == 5)
    }

    @Test(arguments: ["..", ".", "", "a/b", "/etc"])
    func refusesAnIDThatIsNoFileName(_ id: String) throws {
        #expect(throws: RuntimeError.self) { try SharedPlace(container: id, .rootfs) }
        let tree = try SharedTree.create()
        try tree.detach(container: id)
        #expect(try mounts(in: tree).count == 4)
    }

    @Test func copiesTheMountsThatProgramsLieOn() throws {
        let folder = try TemporaryFolder()
        let disk = try folder.folder("disk")
        guard mount("none", disk, "tmpfs", 0, "size=4m") == 0 else { throw Errno.current }
        defer { umount2(disk, CInt(MNT_DETACH)) }
        _ = try run(["/bin/cp", "/bin/busybox", "\(disk)/busybox"])
        let tree = try SharedTree.create(holding: ["\(disk)/busybox", "/nowhere/at/all"])
        #expect(try run(["\(disk)/busybox", "echo", "found"], in: tree).text == "found\n")
        let copied = try #require(try mounts(in: tree).first { $0.mountPoint == disk })
        #expect(copied.options.contains("ro"))
    }

    /// An overlay of which the kernel tells whether it is still mounted anywhere: with an index, its upper
    /// folder is for one mount at a time.
    private struct Layers {
        let options: OverlayOptions

        init(_ folder: TemporaryFolder, _ prefix: String = "") throws {
            let lower = try folder.folder("\(prefix)lower")
            try folder.file("\(prefix)lower/f")
            options = try OverlayOptions([
                "lowerdir=\(lower)", "upperdir=\(try folder.folder("\(prefix)upper"))",
                "workdir=\(try folder.folder("\(prefix)work"))", "index=on",
            ])
        }

        func mount() throws -> PreparedMount { try .overlay(options) }

        var areFree: Bool { (try? mount()) != nil }
    }
}
