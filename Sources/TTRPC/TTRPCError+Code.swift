extension TTRPCError {
    /// A gRPC status code (`google.rpc.Code`). Numbers that have no name here are kept as they came.
    public struct Code: RawRepresentable, Sendable, Hashable {
        /// The number on the wire.
        public let rawValue: Int32

        /// Takes any number; unknown ones are legal.
        public init(rawValue: Int32) { self.rawValue = rawValue }

        /// No error.
        public static let ok = Code(rawValue: 0)
        /// The caller gave the call up.
        public static let cancelled = Code(rawValue: 1)
        /// Nothing more precise is known.
        public static let unknown = Code(rawValue: 2)
        /// The request is wrong whatever the state of the system.
        public static let invalidArgument = Code(rawValue: 3)
        /// The time given ran out before the call ended.
        public static let deadlineExceeded = Code(rawValue: 4)
        /// What was asked for does not exist.
        public static let notFound = Code(rawValue: 5)
        /// What was to be made exists already.
        public static let alreadyExists = Code(rawValue: 6)
        /// The caller may not do this.
        public static let permissionDenied = Code(rawValue: 7)
        /// A limit or quota is used up.
        public static let resourceExhausted = Code(rawValue: 8)
        /// The system is not in a state in which this works.
        public static let failedPrecondition = Code(rawValue: 9)
        /// The operation lost a race and was undone.
        public static let aborted = Code(rawValue: 10)
        /// A position is beyond the valid range.
        public static let outOfRange = Code(rawValue: 11)
        /// The service or method does not exist here.
        public static let unimplemented = Code(rawValue: 12)
        /// An invariant is broken.
        public static let `internal` = Code(rawValue: 13)
        /// The peer can't be reached now.
        public static let unavailable = Code(rawValue: 14)
        /// Data is lost or corrupt.
        public static let dataLoss = Code(rawValue: 15)
        /// The caller did not say who it is.
        public static let unauthenticated = Code(rawValue: 16)
    }
}

extension TTRPCError.Code: CustomStringConvertible {
    private static let names = [
        "ok", "cancelled", "unknown", "invalid argument", "deadline exceeded", "not found", "already exists",
        "permission denied", "resource exhausted", "failed precondition", "aborted", "out of range",
        "unimplemented", "internal", "unavailable", "data loss", "unauthenticated",
    ]

    /// The code in words, or its number.
    public var description: String {
        Self.names.indices.contains(Int(rawValue)) ? Self.names[Int(rawValue)] : "code \(rawValue)"
    }
}
