/// A seccomp filter.
package struct Seccomp: Codable, Sendable, Equatable {
    /// `SCMP_ACT_…` for calls that no rule names.
    @Omittable package var defaultAction: String
    /// The error of the default action, when that is one that has an error; nil is EPERM.
    @WholeNumber package var defaultErrnoRet: UInt32?
    /// `SCMP_ARCH_…`
    @Omittable package var architectures: [String]
    /// `SECCOMP_FILTER_FLAG_…`
    @Omittable package var flags: [String]
    @Omittable package var listenerPath: String
    @Omittable package var listenerMetadata: String
    @Omittable package var syscalls: [SeccompRule]

    package init(defaultAction: String) {
        self.defaultAction = defaultAction
    }
}

/// What to do with some system calls.
package struct SeccompRule: Codable, Sendable, Equatable {
    @Omittable package var names: [String]
    /// `SCMP_ACT_…`
    @Omittable package var action: String
    /// The error of the action; nil is EPERM.
    @WholeNumber package var errnoRet: UInt32?
    /// All must hold.
    @Omittable package var args: [SeccompArgument]

    package init(names: [String], action: String, errnoRet: UInt32? = nil, args: [SeccompArgument] = []) {
        self.names = names
        self.action = action
        self.errnoRet = errnoRet
        self.args = args
    }
}

/// A condition on one argument of a system call.
package struct SeccompArgument: Codable, Sendable, Equatable {
    /// 0 … 5
    package var index: UInt32
    package var value: UInt64
    /// The value to compare with, when `value` is a mask.
    package var valueTwo: UInt64
    /// `SCMP_CMP_…`
    package var op: String

    package init(index: UInt32, value: UInt64, valueTwo: UInt64 = 0, op: String) {
        self.index = index
        self.value = value
        self.valueTwo = valueTwo
        self.op = op
    }

    private enum CodingKeys: String, CodingKey {
        case index, value, valueTwo, op
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        index = try fields.decode(WholeNumber<UInt32>.self, forKey: .index).wrappedValue
        value = try fields.decodeIfPresent(WholeNumber<UInt64>.self, forKey: .value)?.wrappedValue ?? 0
        valueTwo = try fields.decodeIfPresent(WholeNumber<UInt64>.self, forKey: .valueTwo)?.wrappedValue ?? 0
        op = try fields.decodeIfPresent(String.self, forKey: .op) ?? ""
    }
}
