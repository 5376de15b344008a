import Hypervisor
import Linux
import Netlink

/// What sysfs says of a network function.
struct FunctionFacts: Sendable {
    private let roots: HostRoots
    private let reader = SysfsReader()

    init(_ roots: HostRoots) {
        self.roots = roots
    }

    func driver(of function: HostPCIAddress) throws(Errno) -> String? {
        try reader.linkName("\(folder(function))/driver")
    }

    /// `0x15b3:0x101e`; nil where sysfs says neither.
    func model(of function: HostPCIAddress) throws(Errno) -> String? {
        guard let vendor = try reader.attribute("\(folder(function))/vendor"),
            let device = try reader.attribute("\(folder(function))/device")
        else { return nil }
        return "\(vendor):\(device)"
    }

    /// Whose virtual function it is; nil if it is none.
    func place(of function: HostPCIAddress) throws(Errno) -> PhysicalEndpoint.VirtualFunction? {
        guard let owner = try reader.linkName("\(folder(function))/physfn") else { return nil }
        guard let physicalFunction = HostPCIAddress(owner) else { throw .EINVAL }
        let parent = folder(physicalFunction)
        for entry in try reader.entries(parent) where entry.hasPrefix("virtfn") {
            guard let number = UInt32(entry.dropFirst(6)),
                try reader.linkName("\(parent)/\(entry)") == function.description
            else { continue }
            return PhysicalEndpoint.VirtualFunction(physicalFunction: physicalFunction, number: number)
        }
        throw .ENOENT
    }

    /// The function's interfaces in the host's network namespace; sysfs shows those of others to nobody here.
    func interfaces(of function: HostPCIAddress) throws(Errno) -> [String] {
        try reader.entries("\(folder(function))/net").filter(Link.isName)
    }

    private func folder(_ function: HostPCIAddress) -> String {
        "\(roots.sys)/bus/pci/devices/\(function)"
    }
}
