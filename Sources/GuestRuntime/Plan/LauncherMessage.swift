import RuntimeErrors

/// What the launcher tells the agent, one packet each.
package enum LauncherMessage: Sendable, Equatable {
    /// The descriptor that comes with this packet is the process's terminal.
    case terminal
    /// All is done but the exec, for which the launcher waits.
    case ready
    /// It failed, and nothing will run.
    case failed(code: Int32, message: String)

    /// The longest packet; a longer message is cut.
    package static let maximumSize = 16 * 1024

    package var bytes: [UInt8] {
        switch self {
        case .terminal: return [2]
        case .ready: return [0]
        case .failed(let code, let message):
            let number = UInt8(truncatingIfNeeded: code)
            return [1, number] + message.utf8.prefix(Self.maximumSize - 2)
        }
    }

    /// Nil for bytes that are no message.
    package init?(_ bytes: some Collection<UInt8>) {
        switch bytes.first {
        case 0: self = .ready
        case 2: self = .terminal
        case 1:
            guard let number = bytes.dropFirst().first else { return nil }
            self = .failed(code: Int32(number), message: String(decoding: bytes.dropFirst(2), as: UTF8.self))
        default: return nil
        }
    }

    /// The message that carries `error`, causes included.
    package static func failed(_ error: any Error) -> LauncherMessage {
        let code = (error as? RuntimeError)?.code ?? .internalError
        return .failed(code: code.rawValue, message: "\(error)")
    }
}
