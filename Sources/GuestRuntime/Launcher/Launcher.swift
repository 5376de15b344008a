import CLinux
import Glibc
import Linux
import RuntimeErrors

/// The program that becomes a container's process: it runs alone in a fresh process with one thread, so that
/// every call is in order and nothing else is touched.
package enum Launcher {
    /// The name by which the agent's binary runs as the launcher.
    package static let programName = "swiftlet-init"

    /// Descriptors beyond the standard streams, as the agent hands them over.
    package enum Descriptor {
        /// The packet socket to the agent.
        package static let control: CInt = 3
        /// The plan, a file in memory.
        package static let plan: CInt = 4
        /// A pidfd of the container's init process, for a further process.
        package static let container: CInt = 5
    }

    /// Executes the plan; returns an exit code only if it could not be done.
    package static func main() -> Int32 {
        let control = ControlSocket(Descriptor.control)
        do {
            try run(control)
        } catch {
            // With the socket gone there is nobody left to tell.
            try? control.send(.failed(error))
        }
        return 127
    }

    private static func run(_ control: ControlSocket) throws {
        // Until the exec nothing in the container may look into this process.
        try checked(CLinux_prctl(ProcessControl.dumpable, 0))
        try checked(CLinux_close_on_exec_from(3))
        let plan = try PlanCoder.decode(
            LaunchPlan.self, from: try readAll(Descriptor.plan, limit: 64 << 20))
        close(Descriptor.plan)
        umask(0)
        try checkedErrno { setsid() }
        let files: ProcessFiles
        let root: ContainerRoot
        let terminal: Terminal?
        if let container = plan.container {
            files = try ProcessFiles()
            let builder = ContainerBuilder(plan: container, process: plan.process, files: files)
            (root, terminal) = try builder.build(handingTerminal: control.send(terminal:))
        } else {
            try joinContainer()
            files = try ProcessFiles()
            root = ContainerRoot(directory: try openDescriptor("/", flags: pathOnly | O_DIRECTORY).shared())
            terminal = plan.process.terminal ? try Terminal.open(in: root, for: plan.process) : nil
            if let terminal { try control.send(terminal: terminal) }
        }
        try ProcessStarter(plan: plan, root: root, files: files, control: control).start(terminal: terminal)
    }

    /// Enters the namespaces of a running container; the pid namespace was entered when this process was made.
    private static func joinContainer() throws {
        let kinds: NamespaceKinds = [.mount, .uts, .ipc, .cgroup, .network]
        do {
            try checked(CLinux_setns(Descriptor.container, CInt(kinds.rawValue)))
        } catch {
            throw RuntimeError(
                .failedPrecondition, "can't enter the container: its first process has ended", cause: error)
        }
        close(Descriptor.container)
    }
}
