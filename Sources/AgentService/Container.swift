import Glibc
import GuestRuntime
import Linux
import NIOCore
import RuntimeErrors

/// A container as the agent keeps it. Its parts change only inside of ``Agent``.
final class Container {
    /// What it is doing.
    enum State {
        /// Its init process is prepared and waits.
        case created
        /// Its init process was let go.
        case running
        /// Its removal has begun.
        case removing
    }

    let id: String
    let plan: LaunchPlan
    let cgroup: ContainerCgroup
    /// The host's rules for devices, kept for updates that don't speak of them.
    var resources: ResourcePlan
    var deviceProgram: SharedDescriptor?
    var state = State.created
    /// By exec id; the init process bears the container's.
    var processes: [String: ContainerProcess] = [:]
    /// Exec ids of processes that are being made.
    var reserved: Set<String> = []
    /// Which addresses its devices have in the guest, for the environment of further processes.
    var addresses = PCIAddressMap()
    /// Which numbers its devices have in the guest, for rules that the host sends later.
    var numbers = DeviceNumberMap()
    /// File systems that are mounted in the guest for it alone.
    var storages: [StorageMount] = []

    init(
        id: String, plan: LaunchPlan, cgroup: ContainerCgroup, resources: ResourcePlan,
        deviceProgram: SharedDescriptor?
    ) {
        self.id = id
        self.plan = plan
        self.cgroup = cgroup
        self.resources = resources
        self.deviceProgram = deviceProgram
    }

    /// The process of this exec id; an empty one means the init process.
    ///
    /// - Throws: `notFound`.
    func process(_ execID: String) throws(RuntimeError) -> ContainerProcess {
        guard let process = processes[execID.isEmpty ? id : execID] else {
            throw RuntimeError(.notFound, "can't find the process '\(execID)' in container '\(id)'")
        }
        return process
    }
}
