import Linux

/// The mount calls of Linux 5.2 to 5.12, with which a container's file systems are made out of sight of the host.
struct MountCallsProbe: HostProbe {
    func row(on host: CheckHost) -> CheckRow {
        let name = "mount-calls"
        let trials = [
            ("open_tree and mount_setattr", host.kernel.copyMount()),
            ("fsopen and fsmount", host.kernel.makeFileSystem()),
        ]
        for (calls, error) in trials {
            guard let error else { continue }
            return CheckRow(
                name, .missing, required: true, "\(calls): \(error)", advice: Self.advice(error))
        }
        return CheckRow(name, .ok, required: true, "open_tree, mount_setattr, fsopen and fsmount work")
    }

    private static func advice(_ error: Errno) -> String {
        switch error {
        case .ENOSYS: "use Linux 5.12 or newer"
        case .EPERM: "run this as root with CAP_SYS_ADMIN, and let no seccomp filter forbid these calls"
        default: "look into the kernel's log"
        }
    }
}
