import CLinux
import CSeccomp
import Glibc
import Linux
import RuntimeErrors

/// A compiled system call filter.
struct SeccompFilter {
    private let instructions: [UInt8]
    private let flags: UInt32

    /// Compiles the plan by libseccomp; nothing is in force yet.
    init(_ plan: SeccompPlan) throws {
        let defaultAction = try Self.action(plan.defaultAction, nil)
        guard let context = seccomp_init(defaultAction) else {
            throw RuntimeError(
                .invalidArgument, "can't build the seccomp filter: the default action is not valid")
        }
        defer { seccomp_release(context) }
        for name in plan.architectures {
            let token = seccomp_arch_resolve_name(try Self.suffix(of: name, after: "SCMP_ARCH_"))
            guard token != 0 else { throw Self.unknown("architecture", name) }
            let result = seccomp_arch_add(context, token)
            guard result == 0 || result == -EEXIST else { throw Self.failed(result, name) }
        }
        for rule in plan.rules {
            let action = try Self.action(rule.action, rule.hasErrno ? rule.errno : nil)
            // The library refuses what says the same as the default.
            guard action != defaultAction else { continue }
            try Self.add(rule, action, to: context)
        }
        instructions = try Self.export(context)
        flags = try plan.flags.reduce(0) { try $0 | Self.flag($1) }
    }

    /// Puts the filter in force for this process and what it executes.
    func install() throws {
        guard let count = UInt16(exactly: instructions.count / 8) else {
            throw RuntimeError(.invalidArgument, "can't install the seccomp filter: it has too many rules")
        }
        do {
            try checked(CLinux_seccomp_install(instructions, count, flags))
        } catch {
            throw RuntimeError(error, "can't install the seccomp filter")
        }
    }

    private static func add(_ rule: SeccompRulePlan, _ action: UInt32, to context: scmp_filter_ctx) throws {
        let conditions = try rule.arguments.map(comparison)
        let repeated = Set(rule.arguments.map(\.index)).count < rule.arguments.count
        for name in rule.names {
            let number = seccomp_syscall_resolve_name(name)
            guard number != -1 else { continue }
            // Two conditions on one argument can't be one rule; each then stands for itself.
            for group in repeated ? conditions.map({ [$0] }) : [conditions] {
                let result = seccomp_rule_add_array(context, action, number, UInt32(group.count), group)
                guard result == 0 else { throw failed(result, name) }
            }
        }
    }

    private static func comparison(_ plan: SeccompArgumentPlan) throws -> scmp_arg_cmp {
        let operations: [String: scmp_compare] = [
            "SCMP_CMP_NE": SCMP_CMP_NE, "SCMP_CMP_LT": SCMP_CMP_LT, "SCMP_CMP_LE": SCMP_CMP_LE,
            "SCMP_CMP_EQ": SCMP_CMP_EQ, "SCMP_CMP_GE": SCMP_CMP_GE, "SCMP_CMP_GT": SCMP_CMP_GT,
            "SCMP_CMP_MASKED_EQ": SCMP_CMP_MASKED_EQ,
        ]
        guard let operation = operations[plan.comparison] else {
            throw unknown("comparison", plan.comparison)
        }
        guard plan.index < 6 else { throw unknown("argument", "\(plan.index)") }
        return scmp_arg_cmp(arg: plan.index, op: operation, datum_a: plan.value, datum_b: plan.secondValue)
    }

    /// The kernel's number of an action (`<linux/seccomp.h>`).
    private static func action(_ name: String, _ errno: UInt32?) throws -> UInt32 {
        let data = (errno ?? UInt32(EPERM)) & 0xffff
        switch name {
        case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD": return 0
        case "SCMP_ACT_KILL_PROCESS": return 0x8000_0000
        case "SCMP_ACT_TRAP": return 0x0003_0000
        case "SCMP_ACT_ERRNO": return 0x0005_0000 | data
        case "SCMP_ACT_TRACE": return 0x7ff0_0000 | data
        case "SCMP_ACT_LOG": return 0x7ffc_0000
        case "SCMP_ACT_ALLOW": return 0x7fff_0000
        default: throw unknown("action", name)
        }
    }

    private static func flag(_ name: String) throws -> UInt32 {
        switch name {
        case "SECCOMP_FILTER_FLAG_TSYNC": 1 << 0
        case "SECCOMP_FILTER_FLAG_LOG": 1 << 1
        case "SECCOMP_FILTER_FLAG_SPEC_ALLOW": 1 << 2
        default: throw unknown("flag", name)
        }
    }

    /// The library's name of an architecture: `x86_64` of `SCMP_ARCH_X86_64`.
    private static func suffix(of name: String, after prefix: String) throws -> String {
        guard name.hasPrefix(prefix) else { throw unknown("architecture", name) }
        return String(
            decoding: name.utf8.dropFirst(prefix.utf8.count).map {
                (0x41...0x5a).contains($0) ? $0 | 0x20 : $0
            }, as: UTF8.self)
    }

    private static func export(_ context: scmp_filter_ctx) throws -> [UInt8] {
        do {
            let file = SharedDescriptor(owning: try checked(CLinux_memfd("seccomp")))
            try checked(seccomp_export_bpf(context, file.raw))
            try checkedErrno { lseek(file.raw, 0, SEEK_SET) }
            return try readAll(file.raw, limit: 8 * 65535)
        } catch {
            throw RuntimeError(error, "can't compile the seccomp filter")
        }
    }

    private static func unknown(_ what: String, _ name: String) -> RuntimeError {
        RuntimeError(.invalidArgument, "can't build the seccomp filter: the \(what) '\(name)' is unknown")
    }

    private static func failed(_ result: CInt, _ name: String) -> RuntimeError {
        RuntimeError(Errno(rawValue: -result), "can't build the seccomp filter for '\(name)'")
    }
}
