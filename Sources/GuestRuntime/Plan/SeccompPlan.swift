/// A system call filter in the words of the OCI specification; libseccomp gives them meaning.
package struct SeccompPlan: PlanValue {
    /// SCMP_ACT_*.
    package var defaultAction = ""
    /// SCMP_ARCH_*, beyond the guest's own.
    package var architectures: [String] = []
    /// SECCOMP_FILTER_FLAG_*.
    package var flags: [String] = []
    /// The rules, all in force together.
    package var rules: [SeccompRulePlan] = []

    package init() {}

    package mutating func visit(_ coder: inout PlanCoder) throws {
        try coder.visit(&defaultAction)
        try coder.visit(&architectures)
        try coder.visit(&flags)
        try coder.visit(&rules)
    }
}

/// One rule for some system calls.
package struct SeccompRulePlan: PlanValue {
    /// System calls by name; those that this machine lacks are passed over.
    package var names: [String] = []
    /// SCMP_ACT_*.
    package var action = ""
    /// Whether ``errno`` is given; without it, it is EPERM.
    package var hasErrno = false
    /// What SCMP_ACT_ERRNO answers, or SCMP_ACT_TRACE hands over; 0 is possible.
    package var errno: UInt32 = 0
    /// Conditions, all of which must hold.
    package var arguments: [SeccompArgumentPlan] = []

    package init() {}

    package mutating func visit(_ coder: inout PlanCoder) throws {
        try coder.visit(&names)
        try coder.visit(&action)
        try coder.visit(&hasErrno)
        try coder.visit(&errno)
        try coder.visit(&arguments)
    }
}

/// A condition on one argument of a system call.
package struct SeccompArgumentPlan: PlanValue {
    /// 0 to 5.
    package var index: UInt32 = 0
    /// The operand.
    package var value: UInt64 = 0
    /// The second operand, of SCMP_CMP_MASKED_EQ.
    package var secondValue: UInt64 = 0
    /// SCMP_CMP_*.
    package var comparison = ""

    package init() {}

    package mutating func visit(_ coder: inout PlanCoder) throws {
        try coder.visit(&index)
        try coder.visit(&value)
        try coder.visit(&secondValue)
        try coder.visit(&comparison)
    }
}
