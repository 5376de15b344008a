import OCI
package import Configuration
import HostUSB
import Hypervisor
import Linux
package import PodNetwork
package import RuntimeErrors
package import VFIO

/// Finds the devices that a sandbox asks for on its host, and decides whether it may have them. Writes nothing.
package struct DeviceSurvey: Sendable {
    private let configuration: RuntimeConfiguration
    private let host: PCIHost

    /// A survey for one configuration on one host.
    package init(_ configuration: RuntimeConfiguration, on host: PCIHost) {
        self.configuration = configuration
        self.host = host
    }

    /// Plans what `claims` and the pod's network come to.
    ///
    /// - Throws: `RuntimeError`, before anything is written: `notFound` for what is not there, `failedPrecondition` for
    ///   what a rule of the configuration or the host's own use of it forbids.
    package func plan(
        _ claims: DeviceClaims, _ endpoints: [PhysicalEndpoint]
    ) throws(RuntimeError) -> HostDevicePlan {
        let devices = configuration.devices
        try EndpointGate(
            hasColdPlugPort: devices.coldPlug != .noPort, hasHotPlugPort: devices.hotPlug != .noPort
        ).admit(endpoints)
        let asked = DeviceRequests(claims.nodes.all + claims.named.all).distinct
        var requests = claims.passesOverVFIO ? [] : asked.compactMap(\.vfio)
        for endpoint in endpoints where !requests.contains(.function(endpoint.function)) {
            requests.append(.function(endpoint.function))
        }
        var plan = HostDevicePlan()
        plan.endpoints = endpoints
        try addUSB(claims, to: &plan)
        try addDisks(claims, to: &plan)
        guard !requests.isEmpty else { return plan }
        plan.vfio = try Preflight(host).plan(requests, access: access)
        plan.warnings += plan.vfio.warnings
        for device in plan.vfio.devices {
            guard case .mediated(let uuid) = device.host,
                let parent = try host.mediatedDevice(uuid).parent
            else { continue }
            plan.parents[device.host] = try host.function(parent)
        }
        return plan
    }

    private func addUSB(_ claims: DeviceClaims, to plan: inout HostDevicePlan) throws(RuntimeError) {
        let usb = USBHost(host.roots)
        var found: [USBDevice] = []
        for name in claims.usb { found.append(try usb.device(name)) }
        for requested in claims.sandboxRequests {
            guard case .usb(let bus, let number) = requested.request else { continue }
            found.append(try usb.device(bus: bus, number: number))
        }
        for var device in found where !plan.usb.contains(where: { $0.node == device.node }) {
            device.isInherited = configuration.security.monitorUser != nil
            plan.usb.append(device)
        }
    }

    private func addDisks(_ claims: DeviceClaims, to plan: inout HostDevicePlan) throws(RuntimeError) {
        // Reading the host's mounts is for who asks.
        let blocks = claims.sandboxRequests.filter { if case .block = $0.request { true } else { false } }
        guard !blocks.isEmpty else { return }
        let survey = DiskSurvey(host.roots)
        for requested in blocks {
            guard case .block(let number) = requested.request,
                !plan.disks.contains(where: { $0.number == number })
            else { continue }
            let rules = claims.spec.linux?.resources?.devices ?? []
            plan.disks.append(try survey.disk(requested, number, rules: rules))
        }
    }

    /// How the monitor gets at VFIO devices.
    private var access: VFIOAccess {
        guard configuration.security.monitorUser == nil else { return .descriptors }
        switch configuration.devices.iommufd {
        case .on: return .iommufd
        case .off: return .group
        case .auto:
            // Cloud Hypervisor has it from release 52 on, and which release it is nobody knows yet.
            guard case .qemu = configuration.hypervisor.monitor, host.hasCharacterDevices else {
                return .group
            }
            return .iommufd
        }
    }
}
