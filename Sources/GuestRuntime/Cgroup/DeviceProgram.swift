import CLinux
package import Linux
package import RuntimeErrors

/// The program that decides for a cgroup which devices may be used: rules are tried from the last to the first,
/// and what no rule speaks of is denied.
package struct DeviceProgram: Sendable {
    /// Instructions of 8 bytes (`struct bpf_insn`).
    package let instructions: [UInt64]

    /// Compiles rules in the order of the OCI specification, where a later one wins.
    ///
    /// A rule counts for a request whose every kind of access it names; one that denies counts when it names any.
    package init(_ rules: [DeviceRule]) {
        // r2: 1 for block, 2 for character devices; r3: access; r4, r5: numbers (struct bpf_cgroup_dev_ctx).
        var code: [UInt64] = [
            Self.instruction(0x61, target: 2, source: 1, offset: 0),
            Self.instruction(0xbc, target: 3, source: 2),
            Self.instruction(0x54, target: 2, value: 0xffff),
            Self.instruction(0x74, target: 3, value: 16),
            Self.instruction(0x61, target: 4, source: 1, offset: 4),
            Self.instruction(0x61, target: 5, source: 1, offset: 8),
        ]
        for rule in rules.reversed() {
            code += Self.block(for: rule)
            if rule.kind == .any, rule.major == nil, rule.minor == nil, rule.access == .all {
                // Nothing comes past it, and the kernel refuses code that can't be reached.
                instructions = code
                return
            }
        }
        instructions = code + Self.leave(with: 0)
    }

    /// Loads the program and puts it in force for `cgroup`, in the place of `previous`.
    package func attach(
        to cgroup: ContainerCgroup, replacing previous: SharedDescriptor? = nil
    ) throws(RuntimeError) -> SharedDescriptor {
        do {
            let raw = CLinux_device_program_attach(
                instructions, UInt32(instructions.count), cgroup.folder.raw, previous?.raw ?? -1)
            return SharedDescriptor(owning: try checked(raw))
        } catch {
            throw RuntimeError(error, "can't restrict the container's devices")
        }
    }

    private static func block(for rule: DeviceRule) -> [UInt64] {
        var tests: [UInt64] = []
        // Each test jumps behind the block; the distance is put in when the block's length is known.
        switch rule.kind {
        case .any: break
        case .block: tests.append(instruction(0x56, target: 2, value: 1))
        case .character: tests.append(instruction(0x56, target: 2, value: 2))
        }
        if rule.access != .all {
            tests.append(instruction(0xbc, target: 1, source: 3))
            if rule.allow {
                // Any access bit that the rule lacks makes it pass on.
                tests.append(instruction(0x54, target: 1, value: ~rule.access.rawValue & 7))
                tests.append(instruction(0x56, target: 1, value: 0))
            } else {
                tests.append(instruction(0x54, target: 1, value: rule.access.rawValue))
                tests.append(instruction(0x16, target: 1, value: 0))
            }
        }
        if let major = rule.major { tests.append(instruction(0x56, target: 4, value: major)) }
        if let minor = rule.minor { tests.append(instruction(0x56, target: 5, value: minor)) }
        let end = leave(with: rule.allow ? 1 : 0)
        let length = tests.count + end.count
        for index in tests.indices where [0x56, 0x16].contains(tests[index] & 0xff) {
            tests[index] |= UInt64(length - index - 1) << 16
        }
        return tests + end
    }

    private static func leave(with value: UInt32) -> [UInt64] {
        [instruction(0xb4, target: 0, value: value), instruction(0x95)]
    }

    private static func instruction(
        _ code: UInt64, target: UInt64 = 0, source: UInt64 = 0, offset: UInt64 = 0, value: UInt32 = 0
    ) -> UInt64 {
        code | target << 8 | source << 12 | offset << 16 | UInt64(value) << 32
    }
}
