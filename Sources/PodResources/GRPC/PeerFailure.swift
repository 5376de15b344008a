import NIOCore
import NIOHPACK
import NIOHTTP2

/// What a gRPC server did instead of answering; `reason` follows "can't do something:".
struct PeerFailure: Error, Equatable, CustomStringConvertible {
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }

    /// An error of the connection or of one call, in words. The HTTP/2 errors of the library print as structures with
    /// the library's own file and line.
    init(_ error: any Error) {
        switch error {
        case let failure as PeerFailure: self = failure
        case let closed as NIOHTTP2Errors.StreamClosed:
            self.init("it reset the call (\(Self.name(closed.errorCode)))")
        case let error as IOError: self.init("the connection is lost (\(error))")
        case is ChannelError: self.init("the connection is lost")
        default: self.init("it broke the rules of HTTP/2 (\(type(of: error)))")
        }
    }

    /// A code as RFC 9113, section 7, numbers it.
    static func name(_ code: HTTP2ErrorCode) -> String {
        switch code {
        case .noError: "NO_ERROR"
        case .internalError: "INTERNAL_ERROR"
        case .refusedStream: "REFUSED_STREAM"
        case .cancel: "CANCEL"
        case .enhanceYourCalm: "ENHANCE_YOUR_CALM"
        default: "HTTP/2 error \(code.networkCode)"
        }
    }

    var description: String { reason }
}

/// A peer's text as it may stand in an error: printable, and no longer than `limit` bytes before what replaces them.
func quotable(_ text: some Sequence<UInt8>, limit: Int = 1024) -> String {
    var bytes = Array(text.prefix(limit + 1))
    let isCut = bytes.count > limit
    if isCut { bytes.removeLast() }
    let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars.map { scalar in
        scalar.properties.generalCategory == .control ? " " : scalar
    }
    return String(String.UnicodeScalarView(scalars)) + (isCut ? "…" : "")
}
