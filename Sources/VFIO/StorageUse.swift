import Hypervisor
import Linux
import RuntimeErrors

/// The block devices that hang on PCI functions, and what the host does with them.
struct StorageUse {
    private let host: PCIHost
    private let use: BlockDeviceUse

    /// Reads the mount table and the swap areas.
    init(_ host: PCIHost) {
        self.host = host
        use = BlockDeviceUse(host.roots)
    }

    /// Why the block devices of `function` can't be taken from the host.
    ///
    /// - Throws: `RuntimeError` when that can't be told.
    func reasons(_ function: PCIFunction) throws(RuntimeError) -> [String] {
        // On a VFIO driver it has none.
        guard function.driver != nil, !function.isOnVFIO else { return [] }
        do throws(Errno) {
            return try use.reasons(
                below: "\(function.address)", and: try multipathDisks(of: function.address))
        } catch {
            throw RuntimeError(
                .dataLoss, "can't tell what the disks of pci function \(function.address) serve", cause: error
            )
        }
    }

    /// With multipathing the disk nvme0n1 is nobody's child; its path nvme0c1n1 is the controller's.
    private func multipathDisks(of address: HostPCIAddress) throws(Errno) -> [String] {
        let nvme = "\(host.folder(of: address))/nvme"
        var disks: [String] = []
        for controller in try host.reader.entries(nvme) {
            for path in try host.reader.entries("\(nvme)/\(controller)") {
                if let name = Self.disk(ofPath: path) { disks.append(name) }
            }
        }
        return disks
    }

    /// `nvme0n1` of `nvme0c1n1`; nil for another name.
    private static func disk(ofPath name: String) -> String? {
        guard name.hasPrefix("nvme"), let c = name.firstIndex(of: "c"), let n = name.lastIndex(of: "n"), c < n
        else { return nil }
        return String(name[..<c]) + String(name[n...])
    }
}
