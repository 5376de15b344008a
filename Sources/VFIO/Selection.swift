import Hypervisor
import RuntimeErrors

/// The devices that a pod gets: what it asks for, and what can't be parted from that.
struct Selection {
    struct Device {
        enum Kind {
            case function(PCIFunction)
            case mediated(MediatedDevice)
        }

        var kind: Kind
        var group: Int
        var isRequested: Bool

        var name: String {
            switch kind {
            case .function(let function): function.address.description
            case .mediated(let mediated): mediated.uuid
            }
        }
    }

    let host: PCIHost
    private(set) var devices: [Device] = []
    /// What has been read of groups so far.
    private(set) var groups: [Int: IOMMUGroup]

    /// An empty selection; `groups` are known already.
    init(host: PCIHost, groups: [Int: IOMMUGroup] = [:]) {
        self.host = host
        self.groups = groups
    }

    mutating func add(_ request: VFIORequest) throws(RuntimeError) {
        switch request {
        case .group(let number):
            let members = try group(number).members
            let count = devices.count
            for member in members { try add(member, of: number) }
            guard devices.count > count || devices.contains(where: { $0.group == number }) else {
                throw RuntimeError(
                    .failedPrecondition,
                    "can't pass on iommu group \(number): there is no device in it but bridges")
            }
        case .characterDevice(let name):
            switch try host.device(ofCharacterDevice: name) {
            case .pci(let address), .vendorPCI(let address): try add(.function(address))
            case .mediated(let uuid): try add(.mediated(uuid))
            }
        case .function(let address):
            let function = try host.function(address)
            guard !function.isBridge else {
                throw RuntimeError(
                    .invalidArgument,
                    "can't pass on pci function \(address): it is a bridge; name a device behind it")
            }
            try add(function, isRequested: true)
        case .mediated(let uuid):
            try add(host.mediatedDevice(uuid))
        }
    }

    /// Adds the other functions of a device's slot that are in its group, such as the sound of a GPU. Virtual
    /// functions are devices of their own.
    mutating func addCompanions() throws(RuntimeError) {
        for device in devices {
            guard case .function(let function) = device.kind, !function.isVirtualFunction else { continue }
            for mate in try group(device.group).functions
            where mate.address.sharesSlot(with: function.address) && !mate.isVirtualFunction && !mate.isBridge
            {
                try add(mate, isRequested: false)
            }
        }
        sortSlots()
    }

    /// The members of the groups that nobody asked for and that stand in the way, with the reason.
    func mates() throws(RuntimeError) -> [String] {
        var reasons: [String] = []
        for number in Set(devices.map(\.group)).sorted() {
            for member in groups[number]?.members ?? []
            where !devices.contains(where: { $0.name == "\(member)" }) {
                guard let what = Self.mate(member) else { continue }
                reasons.append(
                    "iommu group \(number) has \(member) too, \(what); ask for the whole group '/dev/vfio/\(number)' if it may go along"
                )
            }
        }
        return reasons
    }

    private static func mate(_ member: IOMMUGroup.Member) -> String? {
        switch member {
        case .pci(let function) where function.isBridge: nil
        case .pci(let function): function.driver.map { "which driver '\($0)' has" } ?? "which has no driver"
        case .mediated: "a mediated device"
        case .other: "which is no pci function"
        }
    }

    private mutating func add(_ member: IOMMUGroup.Member, of number: Int) throws(RuntimeError) {
        switch member {
        case .pci(let function): if !function.isBridge { try add(function, isRequested: true) }
        case .mediated(let mediated): try add(mediated)
        case .other(let name):
            throw RuntimeError(
                .unimplemented, "can't pass on iommu group \(number): '\(name)' in it is no pci function")
        }
    }

    private mutating func add(_ function: PCIFunction, isRequested: Bool) throws(RuntimeError) {
        guard let number = function.group else {
            throw RuntimeError(
                .failedPrecondition,
                "can't pass on pci function \(function.address): it is in no iommu group; switch the IOMMU on in the firmware, and with intel_iommu=on on the host's kernel command line for Intel"
            )
        }
        if let index = devices.firstIndex(where: { $0.name == function.address.description }) {
            devices[index].isRequested = devices[index].isRequested || isRequested
            return
        }
        _ = try group(number)
        devices.append(Device(kind: .function(function), group: number, isRequested: isRequested))
    }

    private mutating func add(_ mediated: MediatedDevice) throws(RuntimeError) {
        guard let number = mediated.group else {
            throw RuntimeError(
                .failedPrecondition,
                "can't pass on mediated device '\(mediated.uuid)': it is in no iommu group")
        }
        guard mediated.deviceAPI == "vfio-pci" else {
            throw RuntimeError(
                .unimplemented,
                "can't pass on mediated device '\(mediated.uuid)': it is of kind '\(mediated.deviceAPI ?? "unknown")', not 'vfio-pci'"
            )
        }
        guard !devices.contains(where: { $0.name == mediated.uuid }) else { return }
        _ = try group(number)
        devices.append(Device(kind: .mediated(mediated), group: number, isRequested: true))
    }

    private mutating func group(_ number: Int) throws(RuntimeError) -> IOMMUGroup {
        if let known = groups[number] { return known }
        let group = try host.group(number)
        groups[number] = group
        return group
    }

    /// Puts functions of one slot beside each other, by number, at the place of the first.
    private mutating func sortSlots() {
        var sorted: [Device] = []
        for device in devices where !sorted.contains(where: { $0.name == device.name }) {
            guard case .function(let function) = device.kind else {
                sorted.append(device)
                continue
            }
            let slot = devices.compactMap { other -> (PCIFunction, Device)? in
                guard case .function(let mate) = other.kind, mate.address.sharesSlot(with: function.address),
                    other.group == device.group
                else { return nil }
                return (mate, other)
            }
            sorted += slot.sorted { $0.0.address < $1.0.address }.map(\.1)
        }
        devices = sorted
    }
}
