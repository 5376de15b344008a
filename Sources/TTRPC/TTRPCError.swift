public import SwiftProtobuf

/// The failure of one call: what travels in the `status` of a ttrpc response.
///
/// A handler throws it to choose the code, message and details that its caller sees, and a client
/// method throws it for every failure, those of the connection included. The shape is that of
/// `google.rpc.Status`.
public struct TTRPCError: Error, Sendable, Equatable {
    /// What kind of failure it is.
    public var code: Code

    /// One sentence for a human.
    public var message: String

    /// Machine-readable details, carried as they are.
    public var details: [Google_Protobuf_Any]

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - code: The kind of failure. ``Code/ok`` on the wire means success, so an error that bears
    ///     it is sent as ``Code/unknown``.
    ///   - message: One sentence for a human.
    ///   - details: Machine-readable details.
    public init(_ code: Code, _ message: String, details: [Google_Protobuf_Any] = []) {
        self.code = code
        self.message = message
        self.details = details
    }
}

extension TTRPCError: CustomStringConvertible {
    /// The name of the code and the message.
    public var description: String { "\(code): \(message)" }
}
