import RuntimeErrors

extension VMPlan {
    /// The most devices on one USB controller: its ports of either speed.
    package static let maximumUSBDevices = 15

    /// Checks host devices: each once, with an IOMMU where one is asked for, and functions where a guest finds them.
    func validatePassthrough() throws(RuntimeError) {
        if let space = addressSpace {
            guard (0...(1 << 20)).contains(space.windowGibibytes), (32...57).contains(space.bits) else {
                throw Self.invalid(
                    "a PCI window of \(space.windowGibibytes) GiB and addresses of \(space.bits) bits",
                    "take both from where the devices are placed")
            }
        }
        guard (1...PCITopology.maximumSegments).contains(topology.segments),
            topology.segments == 1 || !topology.rootBus.hasPorts
        else {
            throw Self.invalid(
                "\(topology.segments) PCI segments",
                "a flat bus has 1 to \(PCITopology.maximumSegments), others one")
        }
        var hosts: Set<HostDevice> = []
        for planned in devices {
            guard Int(planned.path.segment) < topology.segments else {
                throw Self.invalid(
                    "'\(planned.id)' at PCI path '\(planned.path)'", "there are \(topology.segments) segments"
                )
            }
            try validateFunction(of: planned)
            guard let device = planned.passthrough else { continue }
            guard hosts.insert(device.host).inserted else {
                throw Self.invalid("host device '\(device.host)' twice", "name it once")
            }
            if case .mediated(let uuid) = device.host, !Self.isUUID(uuid) {
                throw Self.invalid("the mediated device '\(uuid)'", "name it by its UUID")
            }
            guard !device.isBehindIOMMU || iommu != nil else {
                throw Self.invalid(
                    "host device '\(device.host)' behind an IOMMU that is not there", "set enable_iommu")
            }
        }
    }

    /// A guest looks for further functions only where function 0 says that there are some.
    private func validateFunction(of planned: PlannedDevice) throws(RuntimeError) {
        let isFirst = planned.path.hops.last?.function == 0
        guard isFirst || planned.passthrough?.isMultifunction != true else {
            throw Self.invalid(
                "'\(planned.id)' as the first of several functions at PCI path '\(planned.path)'",
                "function 0 is the first")
        }
        guard !isFirst else { return }
        let first = planned.path.function(0)
        guard devices.contains(where: { $0.path == first && $0.passthrough?.isMultifunction == true }) else {
            throw Self.invalid(
                "'\(planned.id)' at PCI path '\(planned.path)'",
                "no device there is function 0 of several; place it as function 0")
        }
    }

    /// Checks the devices on a USB controller.
    func validate(_ devices: [USBDevice], on id: String) throws(RuntimeError) {
        guard (1...Self.maximumUSBDevices).contains(devices.count) else {
            throw Self.invalid(
                "\(devices.count) devices on USB controller '\(id)'",
                "it takes 1 to \(Self.maximumUSBDevices)")
        }
        guard Set(devices.map(\.node)).count == devices.count else {
            throw Self.invalid("a USB device twice on controller '\(id)'", "name it once")
        }
        for device in devices {
            let ports = device.port.split(separator: ".", omittingEmptySubsequences: false)
            guard (1...255).contains(device.bus), (1...7).contains(ports.count),
                ports.allSatisfy({ (1...3).contains($0.utf8.count) && $0.utf8.allSatisfy(Self.isDigit) })
            else {
                throw Self.invalid(
                    "USB device '\(device)'", "write bus and ports in numbers, such as 1-1.4")
            }
        }
    }

    /// Eight, four, four, four and twelve hexadecimal digits: it becomes a part of a path.
    private static func isUUID(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.utf8.count) == [8, 4, 4, 4, 12]
            && parts.allSatisfy { $0.allSatisfy { $0.isASCII && $0.isHexDigit } }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
