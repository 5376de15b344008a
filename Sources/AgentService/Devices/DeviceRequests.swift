import AgentProtocol
import CDI
import GuestRuntime
import RuntimeErrors

/// All that a container wants of devices, checked before anything is waited for or made.
struct DeviceRequests {
    /// In one device, and devices of a container: far more than any machine has.
    static let mostFunctions = 1024

    let devices: [DeviceRequest]
    let names: VisibleDevices
    /// What is passed over; for the log.
    private(set) var warnings: [String] = []

    /// Whether nothing is wanted.
    var isEmpty: Bool { devices.isEmpty && names.isEmpty }

    /// Reads a request.
    ///
    /// - Parameter readsVariable: whether `VISIBLE_CDI_DEVICES` counts.
    /// - Throws: `invalidArgument` for what makes no sense, `unimplemented` for a type that is not known.
    init(_ request: AgentCreateContainerRequest, readsVariable: Bool) throws(RuntimeError) {
        guard request.devices.count <= Self.mostFunctions else { throw Self.tooMany() }
        var warnings: [String] = []
        var devices: [DeviceRequest] = []
        var nodes: Set<String> = []
        let given = Set(request.oci.linux.devices.map(\.path))
        for device in request.devices {
            let wanted = try DeviceRequest(device, &warnings)
            devices.append(wanted)
            guard let node = wanted.node else { continue }
            guard given.contains(node) else {
                throw RuntimeError(
                    .invalidArgument,
                    "can't give a container the device '\(node)': it is not among the nodes of its specification"
                )
            }
            guard nodes.insert(node).inserted else {
                throw RuntimeError(
                    .invalidArgument, "can't give a container the device '\(node)': two devices want to be it"
                )
            }
        }
        guard devices.reduce(0, { $0 + $1.paths.count }) <= Self.mostFunctions else { throw Self.tooMany() }
        self.devices = devices
        names = try VisibleDevices(request.oci, readsVariable: readsVariable)
        self.warnings = warnings
    }

    static func tooMany() -> RuntimeError {
        RuntimeError(
            .invalidArgument, "can't give a container more than \(mostFunctions) devices; ask for fewer")
    }
}
