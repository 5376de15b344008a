import RuntimeErrors

/// What one of a process's standard streams is on the host, as its URI says.
package enum StdioTarget: Equatable, Sendable {
    /// Nobody asked for the stream.
    case none
    /// The path of a FIFO or a character device.
    case fifo(String)
    /// The path of a file that output is appended to.
    case file(String)
    /// A program that output is piped to.
    case program(LoggingProgram)

    /// Reads `uri`: empty, a path, `fifo://PATH`, `file://PATH` or `binary://PATH?ARGUMENTS`. Without a scheme the
    /// text is the path as it is; with one, `%` and two hexadecimal digits stand for a byte.
    ///
    /// - Throws: `unimplemented` for a scheme that is not served, `invalidArgument` for a path that is not
    ///   absolute; both name the URI.
    package init(_ uri: String) throws {
        guard !uri.isEmpty else {
            self = .none
            return
        }
        guard let parts = URIParts(uri) else {
            guard !uri.utf8.contains(0) else { throw Self.malformed(uri) }
            self = .fifo(uri)
            return
        }
        guard ["fifo", "file", "binary"].contains(parts.scheme) else {
            throw RuntimeError(
                .unimplemented,
                "can't open standard stream '\(uri)': scheme '\(parts.scheme)' is not served; use a FIFO, file:// or binary://"
            )
        }
        guard let path = URIParts.decoded(parts.path[...], plusIsSpace: false) else {
            throw Self.malformed(uri)
        }
        guard path.utf8.first == UInt8(ascii: "/") else {
            throw RuntimeError(
                .invalidArgument, "can't open standard stream '\(uri)': its path is not absolute; make it so")
        }
        switch parts.scheme {
        case "fifo": self = .fifo(path)
        case "file": self = .file(path)
        default:
            guard let program = LoggingProgram(path: path, query: parts.query) else {
                throw Self.malformed(uri)
            }
            self = .program(program)
        }
    }

    private static func malformed(_ uri: String) -> RuntimeError {
        RuntimeError(
            .invalidArgument,
            "can't open standard stream '\(uri)': a NUL byte or a '%' without two hexadecimal digits is in it; encode it as a URI"
        )
    }
}

/// The parts of a URI that has a scheme, not decoded.
struct URIParts {
    let scheme: String
    let path: [UInt8]
    let query: [UInt8]

    /// Nil when there is no `://`.
    init?(_ uri: String) {
        let bytes = Array(uri.utf8)
        let separator = Array("://".utf8)
        guard let start = bytes.indices.first(where: { bytes[$0...].starts(with: separator) }) else {
            return nil
        }
        scheme = String(decoding: bytes[..<start], as: UTF8.self)
        let rest = bytes[(start + separator.count)...].prefix { $0 != UInt8(ascii: "#") }
        path = Array(rest.prefix { $0 != UInt8(ascii: "?") })
        query = Array(rest.dropFirst(path.count + 1))
    }

    /// Undoes the encoding; nil when it is broken, or what comes out is not UTF-8 or holds a NUL.
    static func decoded(_ text: ArraySlice<UInt8>, plusIsSpace: Bool) -> String? {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = digit(rest.popFirst()), let low = digit(rest.popFirst()) else { return nil }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8?) -> UInt8? {
        byte.flatMap { Character(UnicodeScalar($0)).hexDigitValue }.map { UInt8($0) }
    }
}
