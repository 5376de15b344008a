import NIOHPACK
import RuntimeErrors

/// How a unary call ended, when the server kept to the protocol.
enum CallAnswer: Sendable, Equatable {
    /// Status OK, and the message.
    case message([UInt8])
    /// Any other status.
    case refusal(CallStatus)
}

/// `grpc-status` and `grpc-message` of the trailers, or of the headers where nothing else is answered.
struct CallStatus: Sendable, Equatable, CustomStringConvertible {
    /// 0 is OK; the others are those of ``RuntimeError/Code``, where the server keeps to them.
    let code: Int
    let message: String

    /// Reads the status.
    init(_ trailers: HPACKHeaders) throws(PeerFailure) {
        guard let text = trailers.first(name: "grpc-status") else {
            throw PeerFailure("it ended the call without a status")
        }
        guard let code = Int(text), (0...Int(UInt16.max)).contains(code) else {
            throw PeerFailure("it ended the call with the status '\(quotable(text.utf8, limit: 20))'")
        }
        self.code = code
        message = quotable(Self.decode(trailers.first(name: "grpc-message") ?? ""))
    }

    var description: String {
        let name = Int32(exactly: code).flatMap(RuntimeError.Code.init).map { "\($0)" } ?? "no known one"
        return "'\(message)' (status \(code), \(name))"
    }

    /// Undoes the percent-encoding; what is none stays as it is (gRPC over HTTP2, "Status-Message").
    private static func decode(_ text: String) -> [UInt8] {
        var decoded: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2, digits.allSatisfy(isHexDigit),
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            {
                decoded.append(value)
                rest = rest.dropFirst(2)
            } else {
                decoded.append(byte)
            }
        }
        return decoded
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
