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

    @Test func aBoundSocketIsNotYetAListeningOne() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/s"
        #expect(try !isListening(atUnixSocket: path))
        let bound = OwnedDescriptor(
            owning: socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(bound.raw, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(result == 0)
        #expect(access(path, F_OK) == 0)
        #expect(try !isListening(atUnixSocket: path))
        #expect(listen(bound.raw, 1) == 0)
        #expect(try isListening(atUnixSocket: path))
        #expect(try !isListening(atUnixSocket: String(path.dropFirst())))
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
