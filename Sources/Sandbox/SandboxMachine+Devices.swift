import OCI
import Glibc
import Hypervisor
import Linux
import Logging
import LoopSupport
import RuntimeErrors
import VFIO

extension SandboxMachine {
    /// The devices of the host while a machine is booted.
    struct TakenDevices: Sendable {
        let bound: BoundDevices
        /// With the nodes that they have now.
        let taken: [ResolvedDevice]

        /// The nodes that the monitor inherits, opened.
        func descriptors(
            for plan: VMPlan, on roots: HostRoots
        ) throws(RuntimeError) -> [PlannedDescriptor: SharedDescriptor] {
            var opened: [PlannedDescriptor: SharedDescriptor] = [:]
            for planned in plan.devices {
                switch planned.device {
                case .passthrough(let device) where device.access == .descriptors:
                    guard let node = taken.first(where: { $0.host == device.host })?.node else {
                        throw RuntimeError(
                            .internalError,
                            "can't open VFIO device '\(device.host)': it has no node; report this")
                    }
                    opened[.vfio(device: planned.id)] = try Self.open(node)
                    if opened[.iommufd] == nil { opened[.iommufd] = try Self.open("\(roots.dev)/iommu") }
                case .usb(let devices):
                    for device in devices where device.isInherited {
                        opened[.usb(node: device.node)] = try Self.open(roots.path(device.node))
                    }
                default: break
                }
            }
            return opened
        }

        private static func open(_ path: String) throws(RuntimeError) -> SharedDescriptor {
            do throws(Errno) { return try openDescriptor(path, flags: O_RDWR).shared() } catch {
                throw RuntimeError(error, "can't open '\(path)' for the virtual machine monitor")
            }
        }
    }

    /// Takes the devices of the plan from the host; nil where there are none.
    static func takeDevices(
        of prepared: SandboxPreparation, for sandbox: SandboxName, _ folder: StateFolder,
        _ environment: SandboxEnvironment, _ undo: inout UndoStack
    ) async throws -> TakenDevices? {
        guard !prepared.devices.isEmpty else { return nil }
        let bound = BoundDevices(
            prepared.devices, owner: sandbox.key, journal: folder.journal, on: environment.roots)
        // Before it is begun: what takes too long may still be done, and is undone after it.
        undo.push { _ = await MachineParts.giveBack(bound, environment) }
        let (taken, warnings) = try await environment.effects.run(
            "take the devices of sandbox '\(sandbox.id.rawValue)'", deadline: BoundDevices.patience
        ) { try bound.take() }
        for warning in warnings { environment.logger.warning("devices", metadata: ["note": "\(warning)"]) }
        return TakenDevices(bound: bound, taken: taken)
    }
}
