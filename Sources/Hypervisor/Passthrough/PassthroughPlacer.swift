package import RuntimeErrors

extension PCITopology {
    /// The most host devices of a machine, far more than slots.
    static let maximumPassthrough = 1024

    /// Places host devices, in order: on a machine with ports PCI Express devices behind ports of their own and others
    /// on the root bus; on a flat bus in slots of the first segment, then of further ones.
    ///
    /// Functions of one slot of the host share a place with their function numbers, if function 0 is among them; any
    /// other function becomes function 0 of a place of its own, since a guest looks for the others only where that
    /// is. A flat bus has single functions only. The tree is as it was when this throws.
    ///
    /// - Throws: `invalidArgument` for a device named twice, for one IOMMU group split by a virtual IOMMU and for
    ///   regions that can't be; `failedPrecondition` for switches on a flat bus; `resourceExhausted` when ports, slots
    ///   or addresses do not suffice.
    package mutating func place(
        _ requests: [PassthroughRequest], _ rules: PassthroughRules
    ) throws(RuntimeError) -> PlacedPassthrough {
        try Self.check(requests)
        var placer = PassthroughPlacer(topology: self, port: rules.port)
        try placer.place(requests)
        let space = try PassthroughSpace(of: placer.units, on: placer.topology)
        try space.checkLowWindow()
        let addressSpace = try space.addressSpace(rules)
        self = placer.topology
        return PlacedPassthrough(devices: placer.devices, addressSpace: addressSpace)
    }

    private static func check(_ requests: [PassthroughRequest]) throws(RuntimeError) {
        guard requests.count <= maximumPassthrough else {
            throw VMPlan.invalid(
                "\(requests.count) host devices", "at most \(maximumPassthrough) are planned")
        }
        var hosts: Set<HostDevice> = []
        var groups: [Int: HostDevice] = [:]
        for request in requests {
            let host = request.device.host
            guard hosts.insert(host).inserted else {
                throw VMPlan.invalid("host device '\(host)' twice", "name it once")
            }
            guard request.regions.count <= 7 else {
                throw VMPlan.invalid("\(request.regions.count) regions of host device '\(host)'", "it has 7")
            }
            guard request.device.isBehindIOMMU, let group = request.group else { continue }
            if let other = groups.updateValue(host, forKey: group) {
                throw VMPlan.invalid(
                    "host devices '\(other)' and '\(host)' of IOMMU group \(group) behind an IOMMU of its own",
                    "a group has one address space; give the sandbox one of them, or set vfio_mode to \"guest-kernel\""
                )
            }
        }
    }
}

/// Hands out the places.
private struct PassthroughPlacer {
    var topology: PCITopology
    let port: PassthroughRules.Port
    var devices: [PlannedDevice] = []
    var units: [PassthroughSpace.Unit] = []

    init(topology: PCITopology, port: PassthroughRules.Port) {
        self.topology = topology
        self.port = port
    }

    mutating func place(_ requests: [PassthroughRequest]) throws(RuntimeError) {
        guard topology.rootBus.hasPorts else {
            guard port == .root else {
                throw RuntimeError(
                    .failedPrecondition,
                    "can't place host devices behind a switch: this machine has none; set cold_plug_vfio to \"root-port\""
                )
            }
            for request in requests { try placeInSlot(request) }
            return
        }
        let slots = Self.slots(of: requests)
        var ports = try addPorts(for: slots)[...]
        for functions in slots {
            let name = "vfio\(devices.count)"
            if functions[0].isExpress {
                guard let port = ports.popFirst() else { break }
                add(functions, at: try topology.place(name, behind: port.id), isBehindBridge: true)
            } else {
                add(functions, at: try topology.placeOnRoot(name), isBehindBridge: false)
            }
        }
    }

    /// Slots as the guest will see them: never empty, function 0 first if there are several functions.
    private static func slots(of requests: [PassthroughRequest]) -> [[PassthroughRequest]] {
        var slots: [[PassthroughRequest]] = []
        var places: [HostPCIAddress: Int] = [:]
        for request in requests {
            guard let first = request.firstFunction else {
                slots.append([request])
                continue
            }
            if let place = places[first] {
                slots[place].append(request)
            } else {
                places[first] = slots.count
                slots.append([request])
            }
        }
        return slots.flatMap { functions -> [[PassthroughRequest]] in
            let sorted = functions.sorted { $0.function < $1.function }
            guard sorted.count > 1, sorted[0].function != 0 else { return [sorted] }
            return functions.map { [$0] }
        }
    }

    private mutating func addPorts(for slots: [[PassthroughRequest]]) throws(RuntimeError) -> [PCIPort] {
        let kinds = slots.filter { $0[0].isExpress }.map { functions in
            (isHotPluggable: false, claimsIO: functions.contains { $0.regions.contains(where: \.isIO) })
        }
        var ports: [PCIPort] = []
        switch port {
        case .root:
            for kind in kinds {
                ports.append(
                    try topology.addRootPort(isHotPluggable: kind.isHotPluggable, claimsIO: kind.claimsIO))
            }
        case .downstream:
            var rest = kinds[...]
            while !rest.isEmpty {
                ports += try topology.addSwitch(Array(rest.prefix(PCITopology.maximumSwitchPorts)))
                rest = rest.dropFirst(PCITopology.maximumSwitchPorts)
            }
        }
        return ports
    }

    /// A place on the flat bus.
    private mutating func placeInSlot(_ request: PassthroughRequest) throws(RuntimeError) {
        let name = "vfio\(devices.count)"
        // The machine's own IOMMU takes the first slot that nobody has chosen.
        let spare = request.device.isBehindIOMMU ? 1 : 0
        let path =
            topology.freeRootSlots.count > spare
            ? try topology.placeOnRoot(name) : try topology.placeOnLaterSegment(name)
        add([request], at: path, isBehindBridge: false)
    }

    private mutating func add(_ functions: [PassthroughRequest], at path: PCIPath, isBehindBridge: Bool) {
        for request in functions {
            var device = request.device
            device.isMultifunction = functions.count > 1 && request.function == 0
            let place = functions.count > 1 ? path.function(request.function) : path
            devices.append(
                PlannedDevice(
                    id: "vfio\(devices.count)", path: place ?? path, device: .passthrough(device)))
        }
        units.append(
            PassthroughSpace.Unit(
                requests: functions, isBehindBridge: isBehindBridge, segment: path.segment))
    }
}

extension PassthroughRequest {
    /// The address that functions of one slot have in common; nil for what is always alone.
    fileprivate var firstFunction: HostPCIAddress? {
        guard !isVirtualFunction, let address = device.host.address else { return nil }
        return HostPCIAddress(
            domain: Int(address.domain), bus: Int(address.bus), slot: Int(address.slot), function: 0)
    }

    /// The function number on the host; 0 for what is always alone.
    fileprivate var function: Int {
        isVirtualFunction ? 0 : Int(device.host.address?.function ?? 0)
    }
}

extension PCIRegion {
    fileprivate var isIO: Bool { !isMemory && size > 0 }
}
