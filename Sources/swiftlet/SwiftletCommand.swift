import ArgumentParser
import Glibc

/// `swiftlet`: what an administrator uses beside the shim.
@main
struct SwiftletCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "swiftlet",
        abstract: "Shows and checks what the containerd runtime io.containerd.swiftlet.v2 does.",
        version: "0.1.0",
        subcommands: [CheckCommand.self, ConsoleCommand.self, DevicesCommand.self, PlanCommand.self])

    /// The exit status of a wrong call.
    private static let usageStatus: Int32 = 2

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            _ = "\(fullMessage(for: error))\n".withCString { write(STDERR_FILENO, $0, strlen($0)) }
            Glibc.exit(usageStatus)
        }
    }
}
