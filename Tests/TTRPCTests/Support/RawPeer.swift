import Glibc
import NIOCore
import NIOPosix
import Testing

@testable import TTRPC

/// One end of a socket pair that speaks bytes, so that a test sees and sends exactly what is on the wire.
final class RawPeer {
    struct TimedOut: Error { let what: String }

    private let descriptor: CInt
    private var pending: [UInt8] = []

    private init(descriptor: CInt) { self.descriptor = descriptor }

    deinit { Glibc.close(descriptor) }

    /// Ends the connection.
    func hangUp() { shutdown(descriptor, CInt(SHUT_RDWR)) }

    /// A pair: this end, and the descriptor for the code under test.
    static func pair() throws -> (RawPeer, other: CInt) {
        var pair: [CInt] = [-1, -1]
        let type = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        try #require(socketpair(AF_UNIX, type, 0, &pair) == 0)
        return (RawPeer(descriptor: pair[0]), pair[1])
    }

    /// Connects to `server`.
    static func connect(
        to server: TTRPCServer, on eventLoop: any EventLoop = testLoop()
    ) async throws -> RawPeer {
        let (peer, other) = try pair()
        try await server.accept(connectedSocket: other, eventLoop: eventLoop)
        return peer
    }

    /// A client whose server is this raw peer.
    static func client(
        limits: TTRPCLimits = TTRPCLimits(), on eventLoop: any EventLoop = testLoop()
    ) async throws -> (RawPeer, TTRPCClient) {
        let (peer, other) = try pair()
        return (peer, try await .wrap(connectedSocket: other, eventLoop: eventLoop, limits: limits))
    }

    // MARK: Sending

    /// Sends all of `bytes`; a test's thread is never blocked, since the code under test may need it.
    func send(_ bytes: [UInt8]) async throws {
        var sent = 0
        while sent < bytes.count {
            let count = sendWithoutWaiting(bytes[sent...])
            try #require(count > 0 || errno == EAGAIN, "the peer has closed the connection")
            sent += max(0, count)
            if count <= 0 { try await Task.sleep(for: .milliseconds(1)) }
        }
    }

    func send(_ frame: RawFrame) async throws { try await send(frame.bytes) }

    /// Sends what the socket takes at once; the count, or -1.
    func sendWithoutWaiting(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.withUnsafeBytes {
            Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT))
        }
    }

    // MARK: Receiving

    /// The next frame; nil when the other side has closed.
    func receive() async throws -> RawFrame? {
        while true {
            if let (frame, length) = RawFrame.parse(pending) {
                pending.removeFirst(length)
                return frame
            }
            guard try await fill() else { return nil }
        }
    }

    /// The next `count` bytes.
    func receiveBytes(_ count: Int) async throws -> [UInt8] {
        while pending.count < count {
            guard try await fill() else { throw TimedOut(what: "only \(pending.count) bytes came") }
        }
        defer { pending.removeFirst(count) }
        return Array(pending[..<count])
    }

    /// Reads until the other side closes; the bytes that came.
    func readToEnd() async throws -> [UInt8] {
        while try await fill() {}
        return pending
    }

    /// Whether nothing comes for a while.
    func isSilent() async throws -> Bool {
        try await Task.sleep(for: .milliseconds(100))
        return pending.isEmpty && read() == nil
    }

    private func fill() async throws -> Bool {
        for _ in 0..<20_000 {
            if let bytes = read() {
                pending += bytes
                return !bytes.isEmpty
            }
            try await Task.sleep(for: .milliseconds(1))
        }
        throw TimedOut(what: "nothing came")
    }

    /// What is there to read: nil if nothing is, no bytes if the other side has closed.
    private func read() -> [UInt8]? {
        var failure: CInt = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: 65536) { buffer, count in
            let result = recv(descriptor, buffer.baseAddress, buffer.count, CInt(MSG_DONTWAIT))
            failure = result < 0 ? errno : 0
            count = max(0, result)
        }
        // A reset is how a Unix socket says that the other side closed with data unread.
        return failure == EAGAIN ? nil : bytes
    }
}

/// A frame, spelled independently of the code under test.
struct RawFrame: Equatable {
    var stream: UInt32
    var type: UInt8
    var flags: UInt8 = 0
    var body: [UInt8] = []
    /// The length to announce, if not the true one.
    var announcedLength: UInt32?

    static func == (left: RawFrame, right: RawFrame) -> Bool { left.bytes == right.bytes }

    var bytes: [UInt8] {
        func big(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(value >> (24 - 8 * $0) & 0xff) } }
        return big(announcedLength ?? UInt32(body.count)) + big(stream) + [type, flags] + body
    }

    static func parse(_ bytes: [UInt8]) -> (RawFrame, length: Int)? {
        func big(_ start: Int) -> UInt32 { bytes[start..<start + 4].reduce(0) { $0 << 8 | UInt32($1) } }
        guard bytes.count >= 10, bytes.count >= 10 + Int(big(0)) else { return nil }
        let length = 10 + Int(big(0))
        return (
            RawFrame(stream: big(4), type: bytes[8], flags: bytes[9], body: Array(bytes[10..<length])), length
        )
    }
}

func testLoop() -> any EventLoop { MultiThreadedEventLoopGroup.singleton.next() }
