package import Logging

/// Formats log lines as logfmt, one line each whatever the values hold.
///
/// Values may come from the guest: every byte that could start a new line or a terminal sequence is escaped.
package struct Logfmt: Sendable {
    /// Formats one line, with its line end.
    package static func line(
        time: String, level: Logger.Level, message: String, metadata: [(key: String, value: String)]
    ) -> String {
        var line = "time=\(time) level=\(levelName(level)) msg=\(quoted(message))"
        for (key, value) in metadata {
            line += " \(key)=\(quoted(value))"
        }
        return line + "\n"
    }

    /// Puts a value in double quotes when it holds anything but plain printable characters.
    package static func quoted(_ value: String) -> String {
        let plain = value.utf8.allSatisfy {
            (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=")
                && $0 != UInt8(ascii: "\\")
        }
        if plain, !value.isEmpty { return value }
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            default:
                if scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) {
                    text += "\\u{\(String(scalar.value, radix: 16))}"
                } else {
                    text.unicodeScalars.append(scalar)
                }
            }
        }
        return text + "\""
    }

    /// containerd's names of the levels (logrus).
    private static func levelName(_ level: Logger.Level) -> String {
        switch level {
        case .trace: "trace"
        case .debug: "debug"
        case .info, .notice: "info"
        case .warning: "warning"
        case .error: "error"
        case .critical: "fatal"
        }
    }
}
