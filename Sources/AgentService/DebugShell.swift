import CLinux
import Glibc
import Linux
import RuntimeErrors

/// The guest's own shell.
struct DebugShell {
    let path: String
    let arguments: [String]

    /// In the order of liking; busybox alone is one too.
    private static let candidates: [(path: String, arguments: [String])] = [
        ("/bin/bash", ["bash", "-i"]), ("/usr/bin/bash", ["bash", "-i"]), ("/bin/sh", ["sh", "-i"]),
        ("/usr/bin/sh", ["sh", "-i"]), ("/bin/busybox", ["sh", "-i"]), ("/usr/bin/busybox", ["sh", "-i"]),
    ]

    /// The first shell that the guest has.
    static func find() throws(RuntimeError) -> DebugShell {
        guard let found = candidates.first(where: { access($0.path, X_OK) == 0 }) else {
            throw RuntimeError(
                .failedPrecondition,
                "can't open a shell: the guest has none at \(candidates.map { "'\($0.path)'" }.joined(separator: ", ")); "
                    + "build the guest with one")
        }
        return DebugShell(path: found.path, arguments: found.arguments)
    }

    /// A new pseudo terminal of the guest.
    static func openTerminal() throws(RuntimeError) -> (master: SharedDescriptor, slave: SharedDescriptor) {
        do throws(Errno) {
            let master = try openDescriptor("/dev/ptmx", flags: O_RDWR | O_NOCTTY).shared()
            let slave = SharedDescriptor(owning: try checked(CLinux_terminal_peer(master.raw)))
            return (master, slave)
        } catch {
            throw RuntimeError(error, "can't open a terminal for a shell")
        }
    }

    static func resize(_ terminal: SharedDescriptor, rows: UInt16, columns: UInt16) {
        // A size is a courtesy; a shell works without.
        _ = CLinux_terminal_resize(terminal.raw, rows, columns)
    }

    /// How to start it: through the agent's binary, which makes the terminal the controlling one.
    func launch(by agent: String, on terminal: SharedDescriptor) -> ChildLaunch {
        var launch = ChildLaunch(
            executable: agent, arguments: ["swiftlet-agent", Self.argument, path] + arguments,
            environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "TERM=linux"],
            descriptors: (0...2).map { (terminal.raw, CInt($0)) })
        launch.noNewPrivileges = false
        launch.workingDirectory = "/"
        launch.newSession = true
        return launch
    }

    /// What tells the agent's binary to become a shell.
    static let argument = "--debug-shell"
}

/// Becomes a shell of the debug console: `swiftlet-agent --debug-shell PATH NAME ARGUMENT…`, with a terminal as its
/// standard streams.
package enum DebugShellProgram {
    /// Whether a command line asks for it.
    package static func isMeant(by arguments: [String]) -> Bool {
        arguments.count >= 4 && arguments[1] == DebugShell.argument
    }

    /// Executes the shell.
    ///
    /// - Returns: only if that fails, the exit code.
    package static func main(_ arguments: [String]) -> Int32 {
        _ = CLinux_terminal_control(0)
        let words: [UnsafeMutablePointer<CChar>?] = arguments.dropFirst(3).map { strdup($0) } + [nil]
        execv(arguments[2], words)
        return 127
    }
}
