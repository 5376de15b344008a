import Glibc
import Linux
import RuntimeErrors

/// The word of `start` to the process that it has left to serve: the answer is given.
///
/// A `start` that ends before that, however it ends, has told nobody where the process listens; nobody would ever
/// ask the process to leave.
struct StartConfirmation: Sendable {
    /// The number of the reading end in the process that serves.
    static let descriptor: CInt = 4

    /// What that process is given.
    let reading: SharedDescriptor
    private let writing: SharedDescriptor

    /// Makes the pipe.
    init() throws {
        (reading, writing) = try makePipe()
    }

    /// Gives the word.
    func give() throws(RuntimeError) {
        signal(SIGPIPE, SIG_IGN)
        do throws(Errno) {
            try writeAll([1], to: writing.raw)
        } catch {
            throw RuntimeError(
                .unavailable, "can't start a shim: it ended at once; see its last words in containerd's log",
                cause: error)
        }
    }

    /// Waits, in the process that serves, until `start` has given the word, or has ended without.
    static func received() -> Bool {
        defer { close(descriptor) }
        var word: UInt8 = 0
        while true {
            let count = read(descriptor, &word, 1)
            if count >= 0 { return count == 1 }
            guard errno == EINTR else { return false }
        }
    }
}
