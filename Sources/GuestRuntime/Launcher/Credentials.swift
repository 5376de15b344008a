import CCap
import CLinux
import Glibc
import Linux
import RuntimeErrors

/// Gives the process its user, groups and capabilities, and nothing else that the launcher had.
func assumeCredentials(of process: ProcessPlan) throws {
    let step = { (what: String, body: () throws -> Void) in
        do {
            try body()
        } catch let error as Errno {
            throw RuntimeError(error, "can't \(what) of the container's process")
        }
    }
    // Capabilities that the launcher itself lacks can't be had; in a virtual machine it lacks none.
    let available = try ownPermitted()
    try step("drop the bounding set") {
        for number in 0..<64 {
            guard cap_get_bound(cap_value_t(number)) >= 0 else { break }
            guard process.capabilities.bounding & (1 << UInt64(number)) == 0 else { continue }
            try checkedErrno { cap_drop_bound(cap_value_t(number)) }
        }
    }
    try step("set the user and groups") {
        try checked(CLinux_prctl(ProcessControl.keepCapabilities, 1))
        try checked(CLinux_set_groups(process.groups, process.groups.count))
        try checked(CLinux_set_identity(process.uid, process.gid))
        try checked(CLinux_prctl(ProcessControl.keepCapabilities, 0))
    }
    try step("set the capabilities") {
        try setCapabilities(process.capabilities, available: available)
    }
}

private func ownPermitted() throws -> UInt64 {
    guard let capabilities = cap_get_proc() else {
        throw RuntimeError(.current, "can't read own capabilities")
    }
    defer { cap_free(UnsafeMutableRawPointer(capabilities)) }
    var mask: UInt64 = 0
    for number in 0..<64 {
        var value = CAP_CLEAR
        guard cap_get_flag(capabilities, cap_value_t(number), CAP_PERMITTED, &value) == 0 else { break }
        if value == CAP_SET { mask |= 1 << UInt64(number) }
    }
    return mask
}

private func setCapabilities(_ plan: CapabilityPlan, available: UInt64) throws {
    guard let capabilities = cap_init() else { throw Errno.current }
    defer { cap_free(UnsafeMutableRawPointer(capabilities)) }
    let permitted = plan.permitted & available
    let inheritable = plan.inheritable & available & plan.bounding
    let sets = [
        (CAP_PERMITTED, permitted), (CAP_EFFECTIVE, plan.effective & permitted),
        (CAP_INHERITABLE, inheritable),
    ]
    for (flag, mask) in sets {
        var values = numbers(in: mask)
        guard !values.isEmpty else { continue }
        try checkedErrno { cap_set_flag(capabilities, flag, CInt(values.count), &values, CAP_SET) }
    }
    try checkedErrno { cap_set_proc(capabilities) }
    try checkedErrno { cap_reset_ambient() }
    for number in numbers(in: plan.ambient & permitted & inheritable) {
        try checkedErrno { cap_set_ambient(number, CAP_SET) }
    }
}

private func numbers(in mask: UInt64) -> [cap_value_t] {
    (0..<64).filter { mask & (1 << UInt64($0)) != 0 }.map { cap_value_t($0) }
}
