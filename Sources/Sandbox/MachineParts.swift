import Hypervisor
import Linux
import Logging
import LoopSupport
import RuntimeErrors
import SharedFilesystem

/// What a machine is given before it boots and what goes away after it: folders, cgroup, share, daemons.
struct MachineParts: Sendable {
    let folder: StateFolder
    let cgroup: SandboxCgroup
    let network: NetworkNamespace
    let tree: SharedTree
    /// The daemons, without which the machine is of no use.
    let helpers: [HelperProcess]
    /// The devices of the host that it has; nil for none.
    let devices: BoundDevices?

    /// Ends the daemons and removes everything. The machine must have ended.
    func release(_ environment: SandboxEnvironment) async {
        for helper in helpers { await helper.stop() }
        let (cgroup, folder) = (cgroup, folder)
        let areDevicesBack = await Self.giveBack(devices, environment)
        do {
            try await environment.effects.run("remove the sandbox's cgroup", deadline: .seconds(5)) {
                try cgroup.killAll()
                _ = try cgroup.waitUntilEmpty(.seconds(3))
                try cgroup.remove()
            }
            // Only now: the journal in it names what is still to be undone.
            if areDevicesBack { folder.remove() }
        } catch {
            environment.logger.error(
                "sandbox not removed", metadata: ["folder": "\(folder.path)", "error": "\(error)"])
        }
    }

    /// Gives devices back to the host, when nothing has them open any more.
    ///
    /// - Returns: whether the journal has done its service.
    static func giveBack(_ devices: BoundDevices?, _ environment: SandboxEnvironment) async -> Bool {
        guard let devices else { return true }
        do {
            let report = try await environment.effects.run(
                "give the devices back", deadline: BoundDevices.patience
            ) { devices.giveBack() }
            report.log(to: environment.logger)
            return report.isSettled
        } catch {
            environment.logger.error("devices not given back", metadata: ["error": "\(error)"])
            return false
        }
    }
}
