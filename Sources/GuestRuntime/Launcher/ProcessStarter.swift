import CLinux
import Glibc
import Linux
import RuntimeErrors

/// Turns this process, which stands in the container already, into the one of the plan.
struct ProcessStarter {
    let plan: LaunchPlan
    let root: ContainerRoot
    let files: ProcessFiles
    let control: ControlSocket

    /// Gives away all privileges, reports that all is ready, waits for the release and executes.
    ///
    /// Returns only when the agent does not want the process any more.
    func start(terminal: Terminal?) throws {
        let process = plan.process
        try takeStreams(terminal)
        for limit in process.limits {
            try step("set the limit number \(limit.resource)") {
                try checked(CLinux_resource_limit(limit.resource, limit.soft, limit.hard))
            }
        }
        try files.setOOMScore(process.oomScoreAdjust)
        try schedule(process)
        try joinKeyring()
        var environment = process.environment
        if !environment.contains(where: { $0.hasPrefix("HOME=") }) {
            environment.append("HOME=" + homeFolder(of: process.uid, in: root))
        }
        try enterWorkingDirectory(process.workingDirectory, in: root, making: plan.container != nil)
        umask(process.umask)
        let filter = try plan.seccomp.map(SeccompFilter.init)
        if process.noNewPrivileges {
            try step("set no_new_privs") { try checked(CLinux_prctl(ProcessControl.noNewPrivileges, 1)) }
        } else {
            // Without no_new_privs only a privileged process may install a filter.
            try filter?.install()
        }
        try assumeCredentials(of: process)
        let executable = try findExecutable(process.arguments.first ?? "", environment: environment)
        try step("close the launcher's descriptors") { try checked(CLinux_close_on_exec_from(3)) }
        try control.send(.ready)
        guard try control.waitForRelease() else { return }
        if process.noNewPrivileges { try filter?.install() }
        try execute(executable, process.arguments, environment)
    }

    /// Sets what needs the launcher's privileges. A container's first process may use what its cgroup has.
    private func schedule(_ process: ProcessPlan) throws {
        if plan.container == nil, !process.processors.isEmpty {
            try step("choose the processors") {
                try checked(CLinux_affinity_set(process.processors, process.processors.count))
            }
        }
        if let scheduling = process.scheduling {
            try step("set the scheduler") { try scheduling.apply() }
        }
        if let priority = process.ioPriority {
            try step("set the I/O priority") { try checked(CLinux_io_priority_set(priority.value)) }
        }
    }

    /// Pipes that a non-root user may open again by /dev/stdout, or the terminal.
    private func takeStreams(_ terminal: Terminal?) throws {
        if let terminal { return try terminal.takeOver() }
        for descriptor: CInt in 0...2 {
            var status = stat()
            guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else { continue }
            try step("give the standard streams to the user") {
                try checkedErrno { fchown(descriptor, plan.process.uid, gid_t.max) }
            }
        }
    }

    /// Keys of the agent's session are none of the container's business. A kernel or a filter around that has
    /// no keyrings leaves nothing to separate.
    private func joinKeyring() throws {
        let result = CLinux_keyring_join("_ses.\(plan.containerID)")
        guard result < 0, ![-ENOSYS, -EPERM, -EDQUOT].contains(result) else { return }
        throw RuntimeError(Errno(rawValue: -result), "can't make a session keyring for the container")
    }

    private func execute(_ path: String, _ arguments: [String], _ environment: [String]) throws {
        var argumentVector = arguments.map { strdup($0) } + [nil]
        var environmentVector = environment.map { strdup($0) } + [nil]
        let result = CLinux_execve(path, &argumentVector, &environmentVector)
        throw RuntimeError(.invalidArgument, "exec \(path): \(Errno(rawValue: -result))")
    }

    private func step(_ what: String, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as Errno {
            throw RuntimeError(error, "can't \(what) for the container's process")
        }
    }
}
