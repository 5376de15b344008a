package import RuntimeErrors

/// Allows or denies the use of some devices.
package struct DeviceRule: Sendable, Equatable {
    /// What a rule is about.
    package enum Kind: Sendable, Equatable {
        case any
        case block
        case character
    }

    /// What may be done; the bits are those that the kernel hands to a device program.
    package struct Access: OptionSet, Sendable, Equatable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        package static let make = Access(rawValue: 1)
        package static let read = Access(rawValue: 2)
        package static let write = Access(rawValue: 4)
        package static let all: Access = [.make, .read, .write]
    }

    /// Whether it is allowed.
    package var allow: Bool
    /// Which kind of device.
    package var kind: Kind
    /// Nil means all.
    package var major: UInt32?
    /// Nil means all.
    package var minor: UInt32?
    /// What is allowed or denied.
    package var access: Access

    package init(
        allow: Bool, kind: Kind = .any, major: UInt32? = nil, minor: UInt32? = nil, access: Access = .all
    ) {
        self.allow = allow
        self.kind = kind
        self.major = major
        self.minor = minor
        self.access = access
    }

    /// Reads the words of the OCI specification; numbers below 0 mean all.
    ///
    /// - Throws: `invalidArgument`.
    package init(allow: Bool, type: String, major: Int64, minor: Int64, access: String) throws(RuntimeError) {
        self.allow = allow
        switch type {
        case "a", "": kind = .any
        case "b": kind = .block
        case "c", "u": kind = .character
        default: throw Self.bad("type", type)
        }
        self.major = try Self.number(major)
        self.minor = try Self.number(minor)
        self.access = []
        for letter in access.utf8 {
            switch letter {
            case UInt8(ascii: "r"): self.access.insert(.read)
            case UInt8(ascii: "w"): self.access.insert(.write)
            case UInt8(ascii: "m"): self.access.insert(.make)
            default: throw Self.bad("access", access)
            }
        }
        if access.isEmpty { self.access = .all }
    }

    /// What every container may do: make any node, and use the devices that it is given.
    package static let standard: [DeviceRule] =
        [
            DeviceRule(allow: false),
            DeviceRule(allow: true, kind: .character, access: .make),
            DeviceRule(allow: true, kind: .block, access: .make),
        ]
        + [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 2)].map { major, minor in
            DeviceRule(allow: true, kind: .character, major: major, minor: minor)
        } + [DeviceRule(allow: true, kind: .character, major: 136)]

    private static func number(_ value: Int64) throws(RuntimeError) -> UInt32? {
        if value < 0 { return nil }
        guard let number = UInt32(exactly: value) else { throw bad("number", "\(value)") }
        return number
    }

    private static func bad(_ what: String, _ value: String) -> RuntimeError {
        RuntimeError(.invalidArgument, "can't use a device rule: its \(what) '\(value)' is not valid")
    }
}
