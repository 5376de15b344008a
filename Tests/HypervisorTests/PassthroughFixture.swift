import Hypervisor
import RuntimeErrors
import Testing

/// Host devices that golden files hold, placed for either monitor as a planner would.
struct PassthroughFixture: Sendable, CustomTestStringConvertible {
    let name: String
    var port = PassthroughRules.Port.root
    var requests: [PassthroughRequest] = []
    var usb: [USBDevice] = []
    var hasIOMMU = false

    var testDescription: String { name }

    static let all: [PassthroughFixture] = [
        gpus(1, .root), gpus(2, .root), gpus(12, .root), gpus(1, .downstream), gpus(2, .downstream),
        gpus(12, .downstream), gpuAndNIC, multifunction, virtualFunctions, mediated, usb, iommufd,
        descriptors,
        behindIOMMU,
    ]

    static func gpus(_ count: Int, _ port: PassthroughRules.Port) -> PassthroughFixture {
        PassthroughFixture(
            name: "gpu-\(count)-\(port == .root ? "root" : "switch")", port: port,
            requests: (0..<count).compactMap { gpu("0000:\(String(0x20 + $0, radix: 16)):00.0") })
    }

    static let gpuAndNIC = PassthroughFixture(
        name: "gpu-nic", requests: [gpu("0000:65:00.0"), nic("0000:84:00.0")].compactMap { $0 })

    /// A graphics card with its audio function, named in the wrong order, and a function without its function 0.
    static let multifunction = PassthroughFixture(
        name: "multifunction",
        requests: [audio("0000:65:00.1"), gpu("0000:65:00.0"), audio("0000:66:00.1")].compactMap { $0 })

    static let virtualFunctions = PassthroughFixture(
        name: "vf",
        requests: ["0000:84:01.0", "0000:84:01.1"].compactMap { text in
            HostPCIAddress(text).map {
                PassthroughRequest(
                    device: PassthroughDevice(host: .pci($0)), isVirtualFunction: true,
                    regions: [region(0, 1 << 20)])
            }
        })

    /// A vGPU of either kind: a mediated device, and a virtual function whose own driver offers it.
    static let mediated = PassthroughFixture(
        name: "mdev",
        requests: [
            PassthroughRequest(
                device: PassthroughDevice(host: .mediated(uuid: "c9abdeae-4c1c-4a4a-8f4d-2c4f2a3d8a3b")))
        ]
            + [HostPCIAddress("0000:65:00.4")].compactMap { $0 }.map {
                PassthroughRequest(
                    device: PassthroughDevice(host: .vendorPCI($0)), isVirtualFunction: true,
                    regions: [region(0, 16 << 20)])
            })

    static let usb = PassthroughFixture(
        name: "usb",
        usb: [
            USBDevice(bus: 1, port: "2", node: "/dev/bus/usb/001/004"),
            USBDevice(bus: 2, port: "1.4", node: "/dev/bus/usb/002/007", isInherited: true),
        ])

    static let iommufd = PassthroughFixture(
        name: "iommufd",
        requests: [gpu("0000:65:00.0", .iommufd), nic("0000:84:00.0", .iommufd)].compactMap { $0 })

    static let descriptors = PassthroughFixture(
        name: "descriptors",
        requests: [gpu("0000:65:00.0", .descriptors), nic("0000:84:00.0", .descriptors)].compactMap { $0 })

    static let behindIOMMU = PassthroughFixture(
        name: "viommu",
        requests: [gpu("0000:65:00.0"), nic("0000:84:00.0")].compactMap { $0 }.map { request in
            var request = request
            request.device.isBehindIOMMU = true
            return request
        }, hasIOMMU: true)

    /// The plan for QEMU.
    func plan(_ root: String) throws -> VMPlan {
        try complete(PlanFixture.kernelVsock.make(root), .q35)
    }

    /// The plan for Cloud Hypervisor.
    func flatPlan(_ root: String) throws -> VMPlan {
        try complete(PlanFixture.minimal.make(root).forCloudHypervisor, .flat)
    }

    private func complete(_ start: VMPlan, _ bus: PCIRootBus) throws -> VMPlan {
        var plan = start
        // The tree again, with what the plan has already placed.
        plan.topology = PCITopology(rootBus: bus)
        for device in plan.devices { _ = try plan.topology.placeOnRoot(device.id) }
        if hasIOMMU { plan.iommu = VirtualIOMMU() }
        if !requests.isEmpty {
            let rules = PassthroughRules(port: port, memoryMebibytes: plan.memory.mebibytes)
            let placed = try plan.topology.place(requests, rules)
            plan.devices += placed.devices
            plan.addressSpace = placed.addressSpace
        }
        if !usb.isEmpty {
            plan.devices.append(
                PlannedDevice(id: "usb", path: try plan.topology.placeOnRoot("usb"), device: .usb(usb)))
        }
        return plan
    }
}

/// Devices as they are in the field.
extension PassthroughFixture {
    static func gpu(_ text: String, _ access: VFIOAccess = .group) -> PassthroughRequest? {
        HostPCIAddress(text).map {
            PassthroughRequest(
                device: PassthroughDevice(host: .pci($0), access: access),
                regions: [
                    region(0, 16 << 20, is64Bit: false), region(1, 16 << 30), region(3, 32 << 20),
                ])
        }
    }

    static func nic(_ text: String, _ access: VFIOAccess = .group) -> PassthroughRequest? {
        HostPCIAddress(text).map {
            PassthroughRequest(
                device: PassthroughDevice(host: .pci($0), access: access), regions: [region(0, 32 << 20)])
        }
    }

    static func audio(_ text: String) -> PassthroughRequest? {
        HostPCIAddress(text).map {
            PassthroughRequest(
                device: PassthroughDevice(host: .pci($0)), regions: [region(0, 16 << 10, is64Bit: false)])
        }
    }

    static func region(_ index: Int, _ size: UInt64, is64Bit: Bool = true) -> PCIRegion {
        PCIRegion(index: index, size: size, isMemory: true, isPrefetchable: is64Bit, is64Bit: is64Bit)
    }
}
