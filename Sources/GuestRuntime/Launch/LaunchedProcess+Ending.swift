import Glibc
import Linux

extension LaunchedProcess {
    /// The kernel's mark of a process that is on its way out (PF_EXITING).
    private static let exiting = 4

    /// Whether it has ended or is about to: the first process of a pid namespace takes all others along before it
    /// is gone itself.
    package var isEnding: Bool {
        do {
            try sendSignal(0, to: pidfd.raw)
            let file = try openDescriptor("/proc/\(pid)/stat", flags: O_RDONLY)
            let text = try readAll(file.raw, limit: 4096)
            // The name before the rest is in parentheses and may hold anything; the flags are the seventh field after.
            guard let end = text.lastIndex(of: UInt8(ascii: ")")) else { return false }
            let fields = text[end...].split(separator: UInt8(ascii: " "))
            guard fields.count > 7, let flags = Int(String(decoding: fields[7], as: UTF8.self)) else {
                return false
            }
            return flags & Self.exiting != 0
        } catch {
            return true
        }
    }
}
