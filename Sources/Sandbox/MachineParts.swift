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

    /// Ends the daemons and removes everything. The machine must have ended.
    func release(_ environment: SandboxEnvironment) async {
        for helper in helpers { await helper.stop() }
        let (cgroup, folder) = (cgroup, folder)
        do {
            try await environment.effects.run("remove the sandbox's cgroup", deadline: .seconds(5)) {
                try cgroup.killAll()
                _ = try cgroup.waitUntilEmpty(.seconds(3))
                try cgroup.remove()
            }
            // Only now: the journal in it names what is still to be undone.
            folder.remove()
        } catch {
            environment.logger.error(
                "sandbox not removed", metadata: ["folder": "\(folder.path)", "error": "\(error)"])
        }
    }
}
