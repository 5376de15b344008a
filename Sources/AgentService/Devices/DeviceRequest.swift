import AgentProtocol
import GuestRuntime
import OCI
import RuntimeErrors

/// What the agent is to do for one device of a container: a `Device` of the protocol, understood.
enum DeviceRequest: Equatable {
    /// A virtio disk: the container's node gets its number.
    case disk(GuestPCIPath, node: String)
    /// Functions that the guest's kernel drives: they must be there.
    case driven([Function])
    /// Functions that the container drives: VFIO gets them, and the container's node becomes that of their group.
    case passed([Function], node: String)

    /// A function by its address on the host and its place in the guest.
    struct Function: Equatable {
        let host: PCIFunctionAddress
        let path: GuestPCIPath
    }

    /// The types of devices, by the protocol's words.
    enum Kind: String, CaseIterable {
        case disk = "blk"
        case passed = "vfio-pci"
        case driven = "vfio-pci-gk"
    }

    /// Where the functions are that must appear.
    var paths: [GuestPCIPath] {
        switch self {
        case .disk(let path, _): [path]
        case .driven(let functions), .passed(let functions, _): functions.map(\.path)
        }
    }

    /// The container's node that stands for the device.
    var node: String? {
        switch self {
        case .disk(_, let node), .passed(_, let node): node
        case .driven: nil
        }
    }
}

extension DeviceRequest {
    /// Reads a message; `warnings` gets what is passed over.
    ///
    /// - Throws: `unimplemented` for a type that this agent does not know, else `invalidArgument`.
    init(_ device: AgentDevice, _ warnings: inout [String]) throws(RuntimeError) {
        switch Kind(rawValue: device.type) {
        case .disk:
            guard let path = GuestPCIPath(device.id) else { throw Self.noPath(device.id) }
            self = .disk(path, node: try Self.node(device))
        case .passed:
            let functions = try Self.functions(device, &warnings)
            guard !functions.isEmpty else {
                throw RuntimeError(
                    .invalidArgument,
                    "can't give a container the device \(excerpt(device.containerPath)): it names no PCI function of "
                        + "the guest")
            }
            self = .passed(functions, node: try Self.node(device))
        case .driven: self = .driven(try Self.functions(device, &warnings))
        case nil: throw LaunchPlan.unsupported("the device type \(excerpt(device.type))")
        }
    }

    private static func node(_ device: AgentDevice) throws(RuntimeError) -> String {
        guard device.containerPath.utf8.count < 4096 else {
            throw RuntimeError(
                .invalidArgument, "can't use the device path \(excerpt(device.containerPath)): it is too long"
            )
        }
        return try PlanText.absolute(device.containerPath, "device path")
    }

    private static func functions(
        _ device: AgentDevice, _ warnings: inout [String]
    ) throws(RuntimeError) -> [Function] {
        guard device.options.count <= DeviceRequests.mostFunctions else { throw DeviceRequests.tooMany() }
        var functions: [Function] = []
        for option in device.options {
            let sides =
                option.utf8.count <= 256 ? option.split(separator: "=", omittingEmptySubsequences: false) : []
            guard sides.count == 2, let host = PCIFunctionAddress(sides[0]) else {
                throw RuntimeError(
                    .invalidArgument,
                    "can't find the device \(excerpt(option)): it is no '<PCI address of the host>=<PCI path of the "
                        + "guest>'")
            }
            if sides[1].isEmpty {
                warnings.append("the host does not say where its device '\(host)' is in the guest")
                continue
            }
            guard let path = GuestPCIPath(sides[1]) else { throw noPath(sides[1]) }
            functions.append(Function(host: host, path: path))
        }
        return functions
    }

    private static func noPath(_ text: some StringProtocol) -> RuntimeError {
        RuntimeError(
            .invalidArgument,
            "can't find a device at \(excerpt(text)): it is no PCI path; write slots of two hexadecimal digits with "
                + "'/' between them")
    }
}
