package import Hypervisor
package import LoopSupport
package import RuntimeErrors

/// Runs machines with QEMU.
package struct QEMUMonitor: VirtualMachineMonitor {
    /// What QEMU can do.
    package let capabilities = MonitorCapabilities(ports: true, hybridVsock: false, inheritsVhostUser: true)

    private let loop: MainLoop
    private let children: any ChildWatcher

    /// Makes a monitor whose machines live on `loop`.
    ///
    /// `boot` must be called on the loop, and the loop must be the main thread: QEMU is told to die with the
    /// thread that started it.
    package init(loop: MainLoop, children: any ChildWatcher) {
        self.loop = loop
        self.children = children
    }

    /// Renders a plan; see `QEMUCommandLine`.
    package func command(for plan: VMPlan) throws(RuntimeError) -> MonitorCommand {
        try QEMUCommandLine(plan).command
    }

    /// Starts a machine; see `VirtualMachineMonitor`.
    ///
    /// The caller opens `vhostVsock` only; the control socket, the console and the connections to vhost-user
    /// daemons, which must listen already, are made here.
    package func boot(_ plan: VMPlan, _ launch: MonitorLaunch) async throws -> any RunningVM {
        let command = try command(for: plan)
        let machine = try await QEMUMachine.start(command, plan, launch, loop, children)
        do {
            try await loop.withDeadline(launch.deadline, "hear from it") {
                try await machine.waitUntilRunning()
            }
        } catch {
            throw await machine.giveUp(after: error)
        }
        return machine
    }
}
