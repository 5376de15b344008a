package import Hypervisor
package import Linux
package import RuntimeErrors

/// The PCI functions, IOMMU groups and mediated devices of a host. Reads only; what is said is true of the moment
/// of the call.
package struct PCIHost: Sendable {
    package let roots: HostRoots
    let reader = SysfsReader()

    /// The host below `roots`.
    package init(_ roots: HostRoots) {
        self.roots = roots
    }

    /// The function at `address`.
    ///
    /// - Throws: `RuntimeError`: not found if there is none or it vanishes meanwhile; data loss if what sysfs says
    ///   makes no sense.
    package func function(_ address: HostPCIAddress) throws(RuntimeError) -> PCIFunction {
        try PCIFunctionReader(address: address, folder: folder(of: address), reader: reader).function()
    }

    /// All functions, by address; one that vanishes meanwhile or makes no sense is left out.
    package func functions() -> [PCIFunction] {
        addresses().compactMap { try? function($0) }
    }

    /// The group of that number.
    ///
    /// - Throws: `RuntimeError`: not found if there is none; whatever its members throw.
    package func group(_ number: Int) throws(RuntimeError) -> IOMMUGroup {
        let path = "\(roots.sys)/kernel/iommu_groups/\(number)"
        guard number >= 0, reader.exists(path) else {
            throw RuntimeError(
                .notFound,
                "can't find iommu group \(number): '\(path)' does not exist; see 'swiftlet devices list'"
            )
        }
        let names: [String]
        let type: String?
        do throws(Errno) {
            names = try reader.entries("\(path)/devices")
            type = try reader.attribute("\(path)/type")
        } catch {
            throw RuntimeError(error, "can't read iommu group \(number) in '\(path)'")
        }
        var members: [IOMMUGroup.Member] = []
        for name in names { members.append(try member(name)) }
        return IOMMUGroup(number: number, type: type, members: members)
    }

    /// All groups, by number; one that vanishes meanwhile or makes no sense is left out.
    package func groups() -> [IOMMUGroup] {
        groupNumbers().compactMap { try? group($0) }
    }

    /// The numbers of all groups, in order.
    package func groupNumbers() -> [Int] {
        let names = (try? reader.entries("\(roots.sys)/kernel/iommu_groups")) ?? []
        return names.compactMap { Int($0) }.filter { $0 >= 0 }.sorted()
    }

    /// The names of a group's members; none if it has vanished.
    package func memberNames(ofGroup number: Int) -> [String] {
        (try? reader.entries("\(roots.sys)/kernel/iommu_groups/\(number)/devices")) ?? []
    }

    /// The kind of a group's default domain, such as `DMA`; nil where the kernel does not tell.
    package func type(ofGroup number: Int) -> String? {
        (try? reader.attribute("\(roots.sys)/kernel/iommu_groups/\(number)/type")) ?? nil
    }

    /// The member of a group that has that name.
    ///
    /// - Throws: `RuntimeError` if it vanishes meanwhile or makes no sense.
    package func member(_ name: String) throws(RuntimeError) -> IOMMUGroup.Member {
        if let address = HostPCIAddress(name) { return .pci(try function(address)) }
        if MediatedDevice.isUUID(name) { return .mediated(try mediatedDevice(name)) }
        return .other(name)
    }

    /// The addresses of all functions, in order.
    package func addresses() -> [HostPCIAddress] {
        let names = (try? reader.entries("\(roots.sys)/bus/pci/devices")) ?? []
        return names.compactMap { HostPCIAddress($0) }.sorted()
    }

    /// The bridge that a function is behind, by its place in sysfs; nil for one on a root bus.
    package func bridge(above address: HostPCIAddress) -> HostPCIAddress? {
        let target = (try? reader.linkTarget(folder(of: address))) ?? nil
        return target?.split(separator: "/").dropLast().last.flatMap { HostPCIAddress($0) }
    }

    /// The UUIDs of all mediated devices, in order.
    package func mediatedDeviceNames() -> [String] {
        let names = (try? reader.entries("\(roots.sys)/bus/mdev/devices")) ?? []
        return names.filter { MediatedDevice.isUUID($0) }
    }

    /// Whether devices can be opened by nodes of their own, through `/dev/iommu`.
    package var hasCharacterDevices: Bool {
        reader.exists("\(roots.sys)/class/vfio-dev") && reader.exists("\(roots.dev)/iommu")
    }

    /// The mediated device with that UUID.
    ///
    /// - Throws: `RuntimeError`: invalid argument for what is no UUID; not found if there is none.
    package func mediatedDevice(_ uuid: String) throws(RuntimeError) -> MediatedDevice {
        try MediatedDeviceReader(host: self).device(uuid)
    }

    /// The device behind `/dev/vfio/devices/<name>`, such as `vfio7`.
    ///
    /// - Throws: `RuntimeError`: invalid argument for another kind of name; not found if there is no such node.
    package func device(ofCharacterDevice name: String) throws(RuntimeError) -> HostDevice {
        guard Self.number(ofCharacterDevice: name) != nil else {
            throw RuntimeError(
                .invalidArgument, "can't find vfio device '\(name)': the name must be 'vfio' and a number")
        }
        let path = "\(roots.sys)/class/vfio-dev/\(name)"
        let target: String?
        do throws(Errno) { target = try reader.linkTarget(path) } catch {
            throw RuntimeError(error, "can't find vfio device '\(name)': can't read the link '\(path)'")
        }
        guard let target else {
            throw RuntimeError(
                .notFound,
                "can't find vfio device '\(name)': '\(path)' does not exist; is a device bound to vfio-pci?")
        }
        // …/0000:65:00.0/vfio-dev/vfio7: the folder above vfio-dev is the device, those further up are its bridges.
        guard let owner = target.split(separator: "/").dropLast(2).last.map(String.init) else {
            throw RuntimeError(
                .dataLoss,
                "can't find vfio device '\(name)': '\(path)' points to '\(target)', which is no device")
        }
        if let address = HostPCIAddress(owner) {
            return try function(address).isVendorVGPU ? .vendorPCI(address) : .pci(address)
        }
        return .mediated(uuid: try mediatedDevice(owner).uuid)
    }

    /// 7 of `vfio7`; nil for another kind of name.
    package static func number(ofCharacterDevice name: String) -> Int? {
        guard name.hasPrefix("vfio") else { return nil }
        let digits = name.dropFirst(4)
        guard (1...9).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else {
            return nil
        }
        return Int(digits)
    }

    /// `/sys/bus/pci/devices/<address>`.
    func folder(of address: HostPCIAddress) -> String {
        roots.sys + HostDevice.pci(address).sysfsPath.dropFirst("/sys".count)
    }
}
