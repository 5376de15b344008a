import Glibc
import Linux
import RuntimeErrors

/// A procfs of the launcher's own, mounted nowhere: writes to kernel settings go through it and never through a
/// /proc that a container could have replaced.
struct ProcessFiles {
    private let mount: DetachedMount

    /// A procfs of the calling process's pid namespace.
    init() throws {
        do {
            mount = try DetachedMount.new(type: "proc", source: "proc")
        } catch {
            throw RuntimeError(error, "can't open a procfs for the container's settings")
        }
    }

    /// Writes `text` to a file by its path beneath the procfs.
    func write(_ text: String, to path: String) throws(Errno) {
        let file = try openDescriptor(
            path, in: mount.descriptor.raw, flags: O_WRONLY,
            resolution: [.beneath, .noSymlinks, .noMagicLinks, .noCrossing])
        try writeAll(Array(text.utf8), to: file.raw)
    }

    /// Sets a kernel setting by its dotted key.
    func setSysctl(_ setting: SettingPlan) throws {
        let path = setting.key.split(separator: ".", omittingEmptySubsequences: false).joined(separator: "/")
        do {
            try write(setting.value, to: "sys/" + path)
        } catch {
            throw RuntimeError(error, "can't set '\(setting.key)' to '\(setting.value)' for the container")
        }
    }

    /// Sets this process's weight when memory runs out.
    func setOOMScore(_ score: Int32) throws {
        do {
            try write("\(score)", to: "\(getpid())/oom_score_adj")
        } catch {
            throw RuntimeError(error, "can't set oom_score_adj to \(score)")
        }
    }
}
