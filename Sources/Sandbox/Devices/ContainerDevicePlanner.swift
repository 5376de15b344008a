package import Configuration
import Linux
package import OCI
package import RuntimeErrors

/// Plans the devices of one container of a machine that has its own already. Pure.
package struct ContainerDevicePlanner: Sendable {
    let configuration: DeviceConfiguration
    let attached: AttachedDevices
    private let minors: MIGMinors

    /// A planner for the containers of one machine; `minors` only names what is left out.
    package init(
        _ configuration: DeviceConfiguration, attached: AttachedDevices, minors: MIGMinors = MIGMinors()
    ) {
        self.configuration = configuration
        self.attached = attached
        self.minors = minors
    }

    /// What a container asks for.
    package struct Request: Sendable {
        /// The container's id, for messages.
        package var id: String
        package var type: ContainerType
        package var spec: Spec
        /// What `spec` asks for by nodes and mounts.
        package var requests: DeviceRequests
        /// What its CDI annotations stand for. Nothing of it is put into the spec, as the sandbox has done that once.
        package var named: DeviceRequests

        /// Makes a request; see the properties.
        package init(
            id: String, type: ContainerType, spec: Spec, requests: DeviceRequests,
            named: DeviceRequests = DeviceRequests()
        ) {
            self.id = id
            self.type = type
            self.spec = spec
            self.requests = requests
            self.named = named
        }
    }

    /// Plans a container's devices.
    ///
    /// - Throws: `failedPrecondition` when it asks for what its sandbox does not have, or has a node that the guest
    ///   does not have where that is an error.
    package func plan(_ request: Request) throws(RuntimeError) -> ContainerDevices {
        var result = ContainerDevices()
        let gate = PortGate(configuration)
        let admission = try gate.admit(
            DeviceRequests(request.requests.all + request.named.all), of: request.id)
        result.warnings += admission.warning.map { [$0] } ?? []
        // The sandbox's own container shows the devices to nobody.
        let admitted = request.type == .sandbox ? [] : admission.admitted.filter { $0.request.vfio != nil }
        let own = try DeviceAgreement(attached.vfio).check(admitted, of: request.id)
        let fates = try fates(of: request, &result)
        result.guestDevices = disks(fates, of: request) + passedThrough(admitted, own)
        if configuration.vfioMode == .guestKernel { result.annotations = try innerNames(admitted) }
        result.rules = rules(of: request.spec, without: fates)
        result.environment = PCIDeviceVariables(attached.vfio).rewritten(request.spec.process?.env ?? [])
        return result
    }

    /// Decides on every node, and on every mount of one.
    private func fates(
        of request: Request, _ result: inout ContainerDevices
    ) throws(RuntimeError) -> [(device: RequestedDevice, fate: NodeFate)] {
        let fates = request.requests.all.map {
            ($0, NodeFate(of: $0.request, with: attached, configuration.vfioMode, request.type))
        }
        var dropped: Set<Int> = []
        var mounted: [DeviceNode] = []
        for (device, fate) in fates {
            switch (device.origin, fate) {
            case (.mount(let index), .stays(guestPath: let path?)): result.mounts[index] = .source(path)
            case (.mount(let index), .stays(guestPath: nil)):
                result.mounts[index] = .drop
                mounted.append(device.node)
            case (.mount(let index), _): result.mounts[index] = .drop
            case (.node, .stays): break
            case (.node(let index), _): dropped.insert(index)
            default: break
            }
        }
        try tellOfForeign(fates.filter { $0.1 == .foreign }.map(\.0), of: request.id, &result)
        let listed = (request.spec.linux?.devices ?? []).enumerated().filter { !dropped.contains($0.offset) }
        // A mount covers what is at its destination, a later one an earlier one too.
        var covered: Set<String> = []
        let uncovered = mounted.reversed().filter { covered.insert($0.path).inserted }
        result.nodes = listed.map(\.element).filter { !covered.contains($0.path) } + uncovered.reversed()
        return fates
    }

    private func tellOfForeign(
        _ foreign: [RequestedDevice], of container: String, _ result: inout ContainerDevices
    ) throws(RuntimeError) {
        guard !foreign.isEmpty else { return }
        let shown = foreign.prefix(8).map(words).joined(separator: ", ")
        let list = shown + (foreign.count > 8 ? " and \(foreign.count - 8) more" : "")
        guard !configuration.refusesForeignNodes else {
            throw RuntimeError(
                .failedPrecondition,
                "can't create container '\(container)': the guest does not have the host's \(list); take them out "
                    + "of the container, or set 'host_device_nodes' to \"drop\"")
        }
        result.warnings.append("nodes of the host that the guest does not have are left out: \(list)")
    }

    /// A node, and what is known of it beyond its name.
    private func words(_ device: RequestedDevice) -> String {
        let names = device.hostPath.split(separator: "/")
        guard case .character(let number) = device.request, names.count == 3, names[1] == "nvidia-caps",
            let capability = minors.capabilities[number.minor]
        else { return "'\(device.hostPath)'" }
        return "'\(device.hostPath)' (MIG \(capability))"
    }

    /// The rules that are left when nodes go: numbers that a node which stays has too are kept.
    private func rules(
        of spec: Spec, without fates: [(device: RequestedDevice, fate: NodeFate)]
    ) -> [DeviceRule] {
        func key(_ type: String, _ major: Int64?, _ minor: Int64?) -> String {
            "\(type == "u" ? "c" : type) \(major ?? -1):\(minor ?? -1)"
        }
        func keys(_ part: [(device: RequestedDevice, fate: NodeFate)]) -> Set<String> {
            Set(part.map { key($0.device.node.type, $0.device.node.major, $0.device.node.minor) })
        }
        let gone = keys(fates.filter { !$0.fate.stays }).subtracting(keys(fates.filter(\.fate.stays)))
        return (spec.linux?.resources?.devices ?? []).filter {
            !$0.allow || !gone.contains(key($0.type, $0.major, $0.minor))
        }
    }
}
