package import Hypervisor
import RuntimeErrors

/// Which devices of a host pods would get, by the very rules of ``Preflight``; for a look at all of them.
package struct Passability {
    /// What a pod that asks for one thing would be told.
    package struct Verdict: Sendable, Equatable {
        /// Why it would not get it; empty if it would.
        package var reasons: [String]
        /// The functions of the slot that would come along.
        package var companions: [HostPCIAddress]
    }

    private let host: PCIHost
    private let use: HostUse
    private let quarantine: Quarantine
    private let hasDriver: Bool
    private var groups: [Int: IOMMUGroup] = [:]

    /// Looks at what the host does with its devices, once for all of them.
    package init(_ host: PCIHost) {
        self.host = host
        use = HostUse(host)
        quarantine = Quarantine(host.roots)
        hasDriver = VFIOSupport(host).hasDriver
    }

    /// What a pod would be told that asks for `request` alone, but for locks and for the nodes below `/dev`.
    package mutating func verdict(_ request: VFIORequest) -> Verdict {
        var selection = Selection(host: host, groups: groups)
        var verdict = Verdict(reasons: [], companions: [])
        do throws(RuntimeError) {
            try selection.add(request)
            try selection.addCompanions()
            verdict.reasons = try selection.obstacles(use, quarantine)
            if !hasDriver, selection.devices.contains(where: \.needsBinding) {
                verdict.reasons.append("the driver 'vfio-pci' is missing; load it with 'modprobe vfio-pci'")
            }
        } catch {
            verdict.reasons.append(error.description)
        }
        groups = selection.groups
        verdict.companions = selection.devices.compactMap {
            guard case .function(let function) = $0.kind, !$0.isRequested else { return nil }
            return function.address
        }
        return verdict
    }
}

extension Selection.Device {
    /// Whether it has to be bound to a VFIO driver first.
    fileprivate var needsBinding: Bool {
        guard case .function(let function) = kind else { return false }
        return !function.isOnVFIO && !function.isVendorVGPU
    }
}
