import Linux
import ArgumentParser
import Glibc
import OCI
import RuntimeErrors
import Sandbox

/// `swiftlet console`: a shell in the guest of a running sandbox.
struct ConsoleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console",
        abstract:
            "Open a shell in the guest of a running sandbox whose configuration has debug_console_enabled.")

    @Argument(help: "The sandbox's id: the pod's, or that of a container without a pod.")
    var sandbox: String

    @Option(help: "containerd's socket, which is part of the sandbox's name.")
    var address = "/run/containerd/containerd.sock"

    @Option(help: "containerd's namespace; that of Kubernetes is k8s.io.")
    var namespace = "default"

    func run() throws {
        // A shell that has ended is no reason to die with the terminal in disorder.
        signal(SIGPIPE, SIG_IGN)
        do {
            let name = SandboxName(
                containerdAddress: address, namespace: namespace, id: try ContainerID(parsing: sandbox))
            let connection = try GuestConnection.open(
                try SandboxConsole.address(of: name, in: .ofProcess()), of: name)
            try TerminalRelay(connection).run()
        } catch let error as RuntimeError {
            throw ValidationFailure(description: error.description)
        }
    }
}
