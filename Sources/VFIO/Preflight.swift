package import Hypervisor
import Linux
package import RuntimeErrors

/// Finds the devices that a pod asks for and decides, before anything is written, whether it may have them.
///
/// Nothing that the host uses is taken from it, and nothing is half done: all reasons against a request are in one
/// error.
package struct Preflight: Sendable {
    private let host: PCIHost

    /// A check on `host`.
    package init(_ host: PCIHost) {
        self.host = host
    }

    /// What has to be done for `requests`; a device that is asked for twice is there once. Writes nothing.
    ///
    /// - Throws: `RuntimeError` that names the devices and groups: not found for what is not there; failed
    ///   precondition for what the host or another sandbox uses, without an IOMMU or a VFIO driver.
    package func plan(_ requests: [VFIORequest], access: VFIOAccess) throws(RuntimeError) -> BindingPlan {
        var selection = Selection(host: host)
        for request in requests { try selection.add(request) }
        try selection.addCompanions()
        guard !selection.devices.isEmpty else { return BindingPlan() }
        var plan = BindingPlan()
        let support = try VFIOSupport(host).access(access, warnings: &plan.warnings)
        try refuse(selection)
        for device in selection.devices {
            plan.devices.append(resolved(device, access: support))
            if case .function(let function) = device.kind { add(function, to: &plan) }
        }
        if !plan.bindings.isEmpty { try VFIOSupport(host).requireDriver(for: plan.bindings.map(\.address)) }
        return plan
    }

    /// Throws if any device of `selection` can't be had, with all the reasons.
    private func refuse(_ selection: Selection) throws(RuntimeError) {
        let reasons = try selection.obstacles(HostUse(host), Quarantine(host.roots))
        guard reasons.isEmpty else {
            let names = selection.devices.filter(\.isRequested).map(\.name).joined(separator: ", ")
            throw RuntimeError(
                .failedPrecondition, "can't pass on \(names): \(reasons.joined(separator: "; "))")
        }
    }

    private func resolved(_ device: Selection.Device, access: VFIOAccess) -> ResolvedDevice {
        var resolved: ResolvedDevice
        var name: String?
        switch device.kind {
        case .function(let function):
            resolved = ResolvedDevice(
                host: function.isVendorVGPU ? .vendorPCI(function.address) : .pci(function.address),
                function: function, group: device.group, access: access)
            name = function.characterDevice
        case .mediated(let mediated):
            resolved = ResolvedDevice(
                host: .mediated(uuid: mediated.uuid), group: device.group, access: access)
            name = mediated.characterDevice
        }
        resolved.isRequested = device.isRequested
        resolved.node =
            access == .group
            ? "\(host.roots.dev)/vfio/\(device.group)" : name.map { "\(host.roots.dev)/vfio/devices/\($0)" }
        return resolved
    }

    private func add(_ function: PCIFunction, to plan: inout BindingPlan) {
        if function.resetMethods?.isEmpty == true {
            plan.warnings.append(
                "pci function \(function.address) has no reset method: what one pod leaves in it the next one finds"
            )
        }
        guard !function.isOnVFIO, !function.isVendorVGPU, let group = function.group else { return }
        let record = BindingRecord(
            address: function.address, vendor: function.vendor, device: function.device, group: group,
            originalDriver: function.driver, originalOverride: function.driverOverride)
        plan.bindings.append(record)
        plan.writes += BindingWrites(host.roots, record).bind
    }
}
