/// An error with a gRPC status code, one sentence that says what failed, why and what to do, and
/// optionally the error beneath it.
///
/// Messages are lower case: "can't <verb> <object>: <reason>; <what to do>", with paths quoted and
/// ids included. A message never repeats its cause; `description` appends it once.
package struct RuntimeError: Error, Sendable, CustomStringConvertible {
    /// The status codes of gRPC (`google.rpc.Code`), by number.
    package enum Code: Int32, Sendable, CaseIterable {
        case cancelled = 1
        case unknown = 2
        case invalidArgument = 3
        case deadlineExceeded = 4
        case notFound = 5
        case alreadyExists = 6
        case permissionDenied = 7
        case resourceExhausted = 8
        case failedPrecondition = 9
        case aborted = 10
        case outOfRange = 11
        case unimplemented = 12
        case internalError = 13
        case unavailable = 14
        case dataLoss = 15
        case unauthenticated = 16
    }

    package var code: Code
    package var message: String
    package var cause: (any Error)?

    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// The message followed by the chain of causes, each after a colon.
    package var description: String {
        guard let cause else { return message }
        return "\(message): \(cause)"
    }
}
