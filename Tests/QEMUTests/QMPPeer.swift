import Glibc
import Linux
import Synchronization

/// The other end of a QMP connection, played by a test: says what it is told and notes what it hears.
final class QMPPeer: Sendable {
    private let descriptor: SharedDescriptor
    /// The end for the client.
    private let clientEnd: Mutex<CInt>

    static let greeting =
        #"{"QMP": {"version": {"qemu": {"micro": 2, "minor": 0, "major": 10}, "package": ""}, "capabilities": ["oob"]}}"#

    init() throws {
        var pair: [CInt] = [-1, -1]
        guard socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &pair) == 0 else { throw Errno.current }
        descriptor = SharedDescriptor(owning: pair[0])
        clientEnd = Mutex(pair[1])
    }

    func takeClientEnd() -> OwnedDescriptor {
        OwnedDescriptor(
            owning: clientEnd.withLock { end in
                defer { end = -1 }
                return end
            })
    }

    /// Writes all of a text; stops quietly where the client has left.
    func say(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(descriptor.raw, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Reads one line, blocking; empty at the end.
    func hear() -> String {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(descriptor.raw, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
        return String(decoding: line, as: UTF8.self)
    }

    func leave() {
        shutdown(descriptor.raw, CInt(SHUT_RDWR))
    }
}
