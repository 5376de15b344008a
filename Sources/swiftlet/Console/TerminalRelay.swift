import Glibc
import Linux
import RuntimeErrors
import Sandbox

/// Carries bytes between this process's terminal and a shell in a guest until the shell ends.
struct TerminalRelay {
    private let connection: SharedDescriptor

    init(_ connection: SharedDescriptor) {
        self.connection = connection
    }

    /// What this project's agent says first. It takes the window's size then; another agent's shell would take it
    /// for typing.
    private static let greeting = Array(GuestWords.agentPrefix.utf8)
    /// The character by which a terminal is told that there is no more.
    private static let endOfInput: UInt8 = 4
    /// How often a shell is told so, in milliseconds: one that is busy may lose it when it sets its terminal anew.
    private static let reminder: CInt = 500

    /// Relays; returns when the shell has ended or the guest has gone.
    func run() throws {
        let terminal = try RawTerminal(0)
        defer { terminal?.restore() }
        var entries = [
            pollfd(fd: 0, events: Int16(POLLIN), revents: 0),
            pollfd(fd: connection.raw, events: Int16(POLLIN), revents: 0),
        ]
        var isFirst = true
        while true {
            let ready = poll(&entries, nfds_t(entries.count), entries[0].fd < 0 ? Self.reminder : -1)
            guard ready >= 0 else {
                if errno == EINTR { continue }
                throw Errno.current
            }
            if ready == 0 { try send([Self.endOfInput]) }
            if entries[1].revents != 0 {
                let bytes = read(connection.raw)
                guard !bytes.isEmpty else { return }
                try writeAll(bytes, to: 1)
                if isFirst, bytes.starts(with: Self.greeting), let size = terminal?.size {
                    try send(Array("\u{1b}[8;\(size.rows);\(size.columns)t".utf8))
                }
                isFirst = false
            }
            if entries[0].revents != 0 {
                let bytes = read(0)
                // Typing that is over is over for the shell too; its last words are waited for.
                if bytes.isEmpty { entries[0].fd = -1 }
                try send(bytes.isEmpty ? [Self.endOfInput] : bytes)
            }
        }
    }

    /// A shell that has ended takes nothing more; its end is read next.
    private func send(_ bytes: [UInt8]) throws {
        do {
            try writeAll(bytes, to: connection.raw)
        } catch Errno.EPIPE {
            return
        } catch {
            throw error
        }
    }

    private func read(_ descriptor: CInt) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 16 * 1024) { buffer, filled in
            filled = max(0, Glibc.read(descriptor, buffer.baseAddress, buffer.count))
        }
    }
}

/// A terminal that hands over each key as it is pressed.
private struct RawTerminal {
    private let descriptor: CInt
    private var before = termios()

    /// Switches it over; nil if the descriptor is no terminal.
    init?(_ descriptor: CInt) throws {
        self.descriptor = descriptor
        guard tcgetattr(descriptor, &before) == 0 else { return nil }
        var raw = before
        cfmakeraw(&raw)
        guard tcsetattr(descriptor, TCSADRAIN, &raw) == 0 else { throw Errno.current }
    }

    var size: (rows: UInt16, columns: UInt16)? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0, size.ws_col > 0 else {
            return nil
        }
        return (size.ws_row, size.ws_col)
    }

    func restore() {
        var before = before
        tcsetattr(descriptor, TCSADRAIN, &before)
    }
}
