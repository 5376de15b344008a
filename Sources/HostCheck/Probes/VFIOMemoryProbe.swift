import Configuration
import Hypervisor
import Linux
import RuntimeErrors

/// Locked memory: VFIO pins all memory of a guest that has a device.
struct VFIOMemoryProbe: VFIOProbe {
    static let name = "vfio-memory"

    func row(_ configuration: RuntimeConfiguration, on host: CheckHost, earlier: [CheckRow]) -> CheckRow {
        let limits = ProcessLimits(host)
        guard let soft = limits.soft("Max locked memory"), let hard = limits.hard("Max locked memory") else {
            return unknown(configuration, because: "'\(host.roots.proc)/self/limits' has no locked memory")
        }
        let access = (try? configuration.devices.access(on: host)) ?? .group
        let wanted = configuration.hypervisor.defaultMemory
        let memory = LockedMemory(
            memory: GuestMemory(mebibytes: wanted, shared: true),
            devices: [PassthroughDevice(host: .mediated(uuid: ""), access: access)])
        let allowance = LockedMemory.Allowance(
            soft: soft, hard: hard, raisesHardLimit: host.caller.capabilities.contains(.sysResource),
            locksWithoutLimit: host.caller.capabilities.contains(.ipcLock))
        let found =
            "a guest of \(wanted) MiB with a device locks \(memory.required) bytes, the limit is "
            + ProcessLimits.words(hard, unit: " bytes")
        do throws(RuntimeError) {
            return row(configuration, .ok, "\(found), \(words(try memory.decide(allowance)))")
        } catch {
            return row(
                configuration, .missing, found,
                advice:
                    "set LimitMEMLOCK of containerd's service to infinity, or give it CAP_SYS_RESOURCE or CAP_IPC_LOCK"
            )
        }
    }

    private func words(_ decision: LockedMemory.Decision) -> String {
        switch decision {
        case .inherit: "which is enough"
        case .limit: "which the shim raises"
        case .capability: "which CAP_IPC_LOCK lifts"
        }
    }
}
