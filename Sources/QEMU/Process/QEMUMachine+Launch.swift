import Glibc
import Hypervisor
import Linux
import LoopSupport

extension QEMUMachine {
    /// The shim's end of the console, if the plan has one.
    static func openConsole(
        _ descriptor: SharedDescriptor, _ plan: VMPlan, _ launch: MonitorLaunch, _ loop: MainLoop
    ) async throws -> ConsoleReader? {
        for planned in plan.devices {
            guard case .console(let console) = planned.device else { continue }
            return try await ConsoleReader.open(
                descriptor.duplicated(), log: console.logPath, maximumBytes: console.maximumBytes, on: loop,
                onLine: launch.onConsoleLine)
        }
        return nil
    }

    /// The launch contract of the monitor: nothing is inherited that is not named here.
    static func childLaunch(
        _ command: MonitorCommand, _ plan: VMPlan, _ launch: MonitorLaunch,
        _ placements: [ChildLaunch.Placement]
    ) -> ChildLaunch {
        var child = ChildLaunch(
            executable: command.executable, arguments: command.arguments, descriptors: placements)
        let capabilities = capabilities(plan, launch)
        child.boundingCapabilities = capabilities
        if let identity = launch.identity {
            child.identity = ChildLaunch.Identity(
                uid: identity.user, gid: identity.group, groups: identity.supplementaryGroups)
            child.ambientCapabilities = capabilities
        }
        child.noNewPrivileges = true
        child.parentDeathSignal = SIGKILL
        child.workingDirectory = "/"
        child.joinNamespaces = launch.networkNamespace.map { [$0] } ?? []
        child.oomScoreAdjust = launch.oomScoreAdjustment
        child.toleratesOOMScoreRefusal = true
        child.cgroup = launch.cgroup
        child.cgroupProcsPaths = launch.cgroupProcessFiles
        // A dump of a machine is a dump of its guest.
        child.resourceLimits = [ResourceLimit(.core, soft: 0, hard: 0)]
        if case .limit(let soft, let hard) = launch.lockedMemory {
            child.resourceLimits.append(ResourceLimit(.lockedMemory, soft: soft, hard: hard))
        }
        child.newSession = true
        return child
    }

    /// What QEMU needs for a moment, to make the empty folder its root: it is chrooted by the time the guest runs. And
    /// what it needs to lock the guest's memory, where no limit can be raised for it.
    private static func capabilities(_ plan: VMPlan, _ launch: MonitorLaunch) -> CapabilitySet {
        var capabilities: CapabilitySet = plan.qemu.emptyRoot == nil ? [] : .sysChroot
        if launch.lockedMemory == .capability { capabilities.insert(.ipcLock) }
        return capabilities
    }
}

extension VMExit.Status {
    /// The same in the plan's terms.
    init(_ status: ExitStatus) {
        switch status {
        case .exited(let code): self = .exited(code)
        case .signaled(let number): self = .signaled(number)
        }
    }

    /// For a sentence: "code 1".
    var words: String {
        switch self {
        case .exited(let code): "code \(code)"
        case .signaled(let number): "signal \(number)"
        }
    }
}
