import Glibc
import Linux
import RuntimeErrors
import Testing

struct UnixListenerTests {
    @Test func listensAtAPathOfItsOwn() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/s"
        #expect(try probeUnixSocket(path) == .absent)
        do {
            let listener = try UnixListener(binding: path)
            #expect(try FileStatus(of: path).permissions == 0o600)
            #expect(try probeUnixSocket(path) == .live)
            #expect(fcntl(listener.descriptor.raw, F_GETFD) == FD_CLOEXEC)
            let taken = #expect(throws: RuntimeError.self) { _ = try UnixListener(binding: path) }
            #expect(taken?.code == .alreadyExists)
        }
        // A child that another test is just making holds a copy until it executes its program.
        #expect(try eventually { try probeUnixSocket(path) == .stale })
        #expect(try probeUnixSocket(try folder.file("f", "")) == .otherFile)
    }

    @Test func saysHowLongAPathMayBe() throws {
        let path = "/tmp/" + String(repeating: "x", count: 103)
        let error = #expect(throws: RuntimeError.self) { _ = try UnixListener(binding: path) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("has 108 bytes, 107 are possible") == true)
    }

    @Test func bindsInAFolderWithALongPath() throws {
        let folder = try TemporaryFolder()
        let long = folder.path + "/" + String(repeating: "y", count: 200)
        mkdir(long, 0o700)
        let descriptor = try openDescriptor(long, flags: O_RDONLY | O_DIRECTORY)
        _ = try UnixListener(binding: "s", in: descriptor.raw)
        #expect(try FileStatus(of: "\(long)/s").kind == .socket)
    }

    @Test func tellsWhoIsThere() throws {
        let folder = try TemporaryFolder()
        let listener = try UnixListener(binding: "\(folder.path)/s", blocking: true)
        let client = try connectUnixSocket("\(folder.path)/s")
        let server = OwnedDescriptor(owning: accept(listener.descriptor.raw, nil, nil))
        let peer = try PeerCredentials(ofPeerAt: server.raw)
        #expect(peer.pid == getpid() && peer.uid == geteuid() && peer.gid == getegid())
        #expect(try sendDescriptors([0], with: [1, 2, 3], over: client.raw) == 3)
        #expect(throws: Errno.EINVAL) {
            try sendDescriptors([CInt](repeating: 0, count: 17), with: [1], over: client.raw)
        }
        var bytes = [UInt8](repeating: 0, count: 8)
        #expect(read(server.raw, &bytes, 8) == 3)
    }
}
