import ArgumentParser
import FoundationEssentials
import Glibc
import HostDevices
import Hypervisor
import Linux
import RuntimeErrors

/// `swiftlet devices`: the host's devices that pods may have.
struct DevicesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices", abstract: "Show the host's devices, bind them for pods, give them back.",
        subcommands: [DevicesListCommand.self, DevicesBindCommand.self, DevicesRestoreCommand.self])
}

/// Where the commands look, and how they speak.
struct DevicesOptions: ParsableArguments {
    @Option(help: "A folder that stands for the host's root: its /run, /proc, /sys and /dev are used.")
    var root: String?

    var roots: HostRoots {
        guard let root else { return .ofProcess() }
        let isAbsolute = root.hasPrefix("/")
        return HostRoots(prefix: isAbsolute ? root : "\(FileManager.default.currentDirectoryPath)/\(root)")
    }

    /// What the commands that write work with.
    ///
    /// - Throws: unless the caller may write.
    func tools(for work: String, isDryRun: Bool) throws -> DeviceTools {
        guard isDryRun || geteuid() == 0 else {
            throw ValidationFailure(
                description:
                    "can't \(work): only root may write to '\(roots.sys)'; run this as root, or add --dry-run"
            )
        }
        // A reader that leaves must not stop the work half-way.
        signal(SIGPIPE, SIG_IGN)
        // Said at once: a write may take long.
        return DeviceTools(roots) { try? writeAll(Array("\(printable($0))\n".utf8), to: STDOUT_FILENO) }
    }
}

extension HostPCIAddress: ExpressibleByArgument {
    /// Reads `0000:65:00.1` or `65:00.1`.
    public init?(argument: String) {
        self.init(argument)
    }
}
