import Hypervisor
import Linux
import RuntimeErrors

/// Reads one PCI function out of its folder in sysfs.
struct PCIFunctionReader {
    let address: HostPCIAddress
    let folder: String
    let reader: SysfsReader

    func function() throws(RuntimeError) -> PCIFunction {
        guard reader.exists(folder) else { throw missing() }
        var function = PCIFunction(
            address: address,
            vendor: try UInt16(clamping: number("vendor", upTo: 0xffff)),
            device: try UInt16(clamping: number("device", upTo: 0xffff)),
            classCode: try UInt32(clamping: number("class", upTo: 0xff_ffff)))
        function.driver = try link("driver")
        function.driverOverride = try text("driver_override").flatMap {
            $0.isEmpty || $0 == "(null)" ? nil : $0
        }
        function.group = try link("iommu_group").map { (name) throws(RuntimeError) in
            guard let number = Int(name), number >= 0 else { throw nonsense("iommu_group", name) }
            return number
        }
        function.numaNode = try text("numa_node").flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
        // 256 bytes are all that conventional PCI has.
        function.isExpress = ((try? FileStatus(of: "\(folder)/config").size) ?? 0) > 256
        function.regions = try regions()
        function.physicalFunction = try link("physfn").map { (name) throws(RuntimeError) in
            guard let address = HostPCIAddress(name) else { throw nonsense("physfn", name) }
            return address
        }
        function.virtualFunctionCount =
            try text("sriov_numvfs").map { (text) throws(RuntimeError) in
                guard let count = Int(text), (0...0xffff).contains(count) else {
                    throw nonsense("sriov_numvfs", text)
                }
                return count
            } ?? 0
        function.resetMethods = try text("reset_method").map { $0.split(separator: " ").map(String.init) }
        function.characterDevice = try names("vfio-dev").first {
            PCIHost.number(ofCharacterDevice: $0) != nil
        }
        function.isBootDisplay = try text("boot_vga") == "1"
        function.interfaces = try names("net")
        function.currentVGPUType = try text("nvidia/current_vgpu_type").map { (text) throws(RuntimeError) in
            guard let type = Int(text), type >= 0 else { throw nonsense("nvidia/current_vgpu_type", text) }
            return type
        }
        // It may have gone while it was read, and half of it be missing above.
        guard reader.exists(folder) else { throw missing() }
        return function
    }

    private func regions() throws(RuntimeError) -> [PCIRegion] {
        guard let text = try text("resource") else { return [] }
        var regions: [PCIRegion] = []
        // Six base address registers and the ROM; what follows belongs to virtual functions and bridges.
        for (index, line) in text.split(separator: "\n").prefix(7).enumerated() {
            let fields = line.split(separator: " ").map { Self.hexadecimal($0) }
            guard fields.count == 3, let start = fields[0], let end = fields[1], let flags = fields[2] else {
                throw nonsense("resource", String(line))
            }
            guard end != 0 else { continue }
            guard end >= start, end - start < UInt64.max else { throw nonsense("resource", String(line)) }
            // The flags are those of <linux/ioport.h>.
            regions.append(
                PCIRegion(
                    index: index, size: end - start + 1, isMemory: flags & 0x200 != 0,
                    isPrefetchable: flags & 0x2000 != 0, is64Bit: flags & 0x10_0000 != 0))
        }
        return regions
    }

    private func number(_ name: String, upTo limit: UInt64) throws(RuntimeError) -> UInt64 {
        guard let text = try text(name) else { throw missing(name) }
        guard let number = Self.hexadecimal(text), number <= limit else { throw nonsense(name, text) }
        return number
    }

    /// `0x10de`, without a sign or anything else around it.
    private static func hexadecimal(_ text: some StringProtocol) -> UInt64? {
        guard text.hasPrefix("0x"), text.dropFirst(2).first?.isHexDigit == true else { return nil }
        return UInt64(text.dropFirst(2), radix: 16)
    }

    private func text(_ name: String) throws(RuntimeError) -> String? {
        do throws(Errno) { return try reader.attribute("\(folder)/\(name)") } catch {
            throw unreadable(name, error)
        }
    }

    private func link(_ name: String) throws(RuntimeError) -> String? {
        do throws(Errno) { return try reader.linkName("\(folder)/\(name)") } catch {
            throw unreadable(name, error)
        }
    }

    private func names(_ name: String) throws(RuntimeError) -> [String] {
        do throws(Errno) { return try reader.entries("\(folder)/\(name)") } catch {
            throw unreadable(name, error)
        }
    }

    private func missing(_ name: String? = nil) -> RuntimeError {
        let path = reader.exists(folder) ? name.map { "\(folder)/\($0)" } ?? folder : folder
        return RuntimeError(
            .notFound,
            "can't find pci function \(address): '\(path)' does not exist; see 'swiftlet devices list'")
    }

    private func unreadable(_ name: String, _ error: Errno) -> RuntimeError {
        RuntimeError(.dataLoss, "can't read pci function \(address): '\(folder)/\(name)'", cause: error)
    }

    private func nonsense(_ name: String, _ text: String) -> RuntimeError {
        RuntimeError(
            .dataLoss,
            "can't read pci function \(address): '\(folder)/\(name)' says '\(text.prefix(64))'")
    }
}
