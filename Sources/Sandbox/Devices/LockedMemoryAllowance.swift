import Glibc
package import Hypervisor
package import Linux
package import RuntimeErrors

extension LockedMemory.Allowance {
    /// What this process may do about the limit of a monitor, as `/proc` shows it.
    ///
    /// A capability that the shim has but its bounding set lacks is lost when the monitor is executed, and doesn't count.
    ///
    /// - Throws: `RuntimeError` with `.failedPrecondition` when `/proc` doesn't say it. To be asked only for a machine
    ///   that has to lock memory.
    package init(of roots: HostRoots) throws(RuntimeError) {
        let limits = try ProcessFile("\(roots.proc)/self/limits")
        let (soft, hard) = try limits.limit("Max locked memory")
        let status = try ProcessFile("\(roots.proc)/self/status")
        let effective = try status.capabilities("CapEff:")
        let kept = effective.intersection(try status.capabilities("CapBnd:"))
        self.init(
            soft: soft, hard: hard, raisesHardLimit: effective.contains(.sysResource),
            locksWithoutLimit: kept.contains(.ipcLock))
    }
}

extension LockedMemory {
    /// How a monitor that this process starts comes to lock what it needs; `/proc` is asked only if it needs any.
    ///
    /// - Throws: `RuntimeError` with `.failedPrecondition` when it can't.
    package func decision(on roots: HostRoots) throws(RuntimeError) -> Decision {
        required > 0 ? try decide(Allowance(of: roots)) : .inherit
    }
}

/// A file of lines that each begin with the name of a value.
private struct ProcessFile {
    let path: String
    let lines: [[UInt8]]

    init(_ path: String) throws(RuntimeError) {
        self.path = path
        do throws(Errno) {
            // A FIFO in its place must not make anybody wait.
            let file = try openDescriptor(path, flags: O_RDONLY | O_NONBLOCK)
            // Supplementary groups are a line of up to 700 KB.
            lines = try readAll(file.raw, limit: 1 << 20).split(separator: UInt8(ascii: "\n")).map(Array.init)
        } catch {
            throw RuntimeError(
                .failedPrecondition,
                "can't read '\(path)', which says how much memory a monitor may lock; mount /proc as a host has it",
                cause: error)
        }
    }

    /// The words of the line that begins with `name`.
    private func words(_ name: String) throws(RuntimeError) -> [String] {
        guard let line = lines.first(where: { $0.starts(with: name.utf8) }) else { throw unclear(name) }
        return line.dropFirst(name.utf8.count)
            .split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// A soft and a hard limit, in the unit of the line.
    func limit(_ name: String) throws(RuntimeError) -> (soft: UInt64, hard: UInt64) {
        let words = try words(name)
        guard words.count >= 2, let soft = Self.value(words[0]), let hard = Self.value(words[1]), soft <= hard
        else {
            throw unclear(name)
        }
        return (soft, hard)
    }

    /// A set of capabilities.
    func capabilities(_ name: String) throws(RuntimeError) -> CapabilitySet {
        guard let digits = try words(name).first, digits.utf8.first != UInt8(ascii: "+"),
            let bits = UInt64(digits, radix: 16)
        else { throw unclear(name) }
        return CapabilitySet(rawValue: bits)
    }

    private static func value(_ word: String) -> UInt64? {
        if word == "unlimited" { return LockedMemory.unlimited }
        return word.utf8.first == UInt8(ascii: "+") ? nil : UInt64(word)
    }

    private func unclear(_ name: String) -> RuntimeError {
        RuntimeError(
            .failedPrecondition,
            "can't find how much memory a monitor may lock: '\(path)' has no usable line '\(name)'; mount /proc as a "
                + "host has it")
    }
}
