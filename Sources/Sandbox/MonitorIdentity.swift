package import Configuration
import Glibc
package import Hypervisor
package import Linux
package import RuntimeErrors

/// The user that a monitor runs as, where the configuration names one.
package enum MonitorIdentity {
    /// Who the monitor of `plan` runs as; nil for root.
    ///
    /// That user has no more than it needs: of groups its own and, for KVM, that of `/dev/kvm`. Whether it can run the
    /// monitor and open what the monitor opens is tried here, before anything is made.
    ///
    /// - Throws: `RuntimeError` with `.failedPrecondition`, which names the file, the user and what to do.
    package static func find(
        for plan: VMPlan, _ configuration: RuntimeConfiguration, _ roots: HostRoots
    ) throws(RuntimeError) -> ProcessIdentity? {
        guard let user = configuration.security.monitorUser else { return nil }
        let identity = ProcessIdentity(
            user: user.user, group: user.group, supplementaryGroups: groups(for: plan, roots))
        try checkDevices(of: plan, identity)
        try checkFiles(of: plan, identity, configuration, roots)
        return identity
    }

    /// The group of `/dev/kvm`, if being in it is what opens the node. Root's group never: it opens more than that.
    private static func groups(for plan: VMPlan, _ roots: HostRoots) -> [UInt32] {
        guard plan.accelerator == .kvm, let node = try? FileStatus(of: "\(roots.dev)/kvm"),
            node.permissions & 0o060 == 0o060, node.permissions & 0o006 != 0o006, node.gid != 0
        else { return [] }
        return [node.gid]
    }

    /// Nodes of host devices are root's: who is not root gets them opened or not at all.
    private static func checkDevices(
        of plan: VMPlan, _ identity: ProcessIdentity
    ) throws(RuntimeError) {
        for planned in plan.devices {
            let isInherited =
                switch planned.device {
                case .passthrough(let device): device.access == .descriptors
                case .usb(let devices): devices.allSatisfy(\.isInherited)
                default: true
                }
            guard !isInherited else { continue }
            throw RuntimeError(
                .failedPrecondition,
                "can't run '\(plan.executable)' as \(identity): device '\(planned.id)' is not opened for it, which takes "
                    + "/dev/iommu and a monitor that inherits devices; install both, or take 'vmm_user' out of section "
                    + "[security]")
        }
    }

    private static func checkFiles(
        of plan: VMPlan, _ identity: ProcessIdentity, _ configuration: RuntimeConfiguration,
        _ roots: HostRoots
    ) throws(RuntimeError) {
        var files = plan.monitorFiles
        if plan.accelerator == .kvm {
            files.append(MonitorFile("accelerator", "\(roots.dev)/kvm", R_OK | W_OK))
        }
        let faults: [Errno?]
        do throws(Errno) {
            faults = try accessFaults(of: identity.ofChild, files.map(\.use))
        } catch {
            throw RuntimeError(
                .failedPrecondition,
                "can't run '\(plan.executable)' as \(identity): the shim can't become that user; give containerd's service "
                    + "CAP_SETUID and CAP_SETGID, or take 'vmm_user' out of section [security]",
                cause: error)
        }
        for (file, fault) in zip(files, faults) {
            guard let fault else { continue }
            let place = configuration.files.first.map { " in '\($0)'" } ?? ""
            throw RuntimeError(
                .failedPrecondition,
                "can't run '\(plan.executable)' as \(identity): it can't \(file.verb) '\(file.use.path)' of key "
                    + "'\(file.key)'\(place); \(file.advice), or choose another 'vmm_user' in section [security]",
                cause: fault)
        }
    }
}

extension MonitorFile {
    fileprivate var verb: String {
        if use.mode & X_OK != 0 { return "execute" }
        return use.mode & W_OK != 0 ? "open" : "read"
    }

    fileprivate var advice: String {
        key == "accelerator"
            ? "give the node a group of its own that may read and write it, such as kvm"
            : "let that user \(verb) it and enter every folder above it"
    }
}

extension ProcessIdentity {
    /// The same in the terms of a launch.
    fileprivate var ofChild: ChildLaunch.Identity {
        ChildLaunch.Identity(uid: user, gid: group, groups: supplementaryGroups)
    }
}

extension ProcessIdentity: CustomStringConvertible {
    /// For a sentence: "user 1000 with group 1000".
    package var description: String {
        let others = supplementaryGroups.map { " and \($0)" }.joined()
        return "user \(user) with group \(group)\(others)"
    }
}
