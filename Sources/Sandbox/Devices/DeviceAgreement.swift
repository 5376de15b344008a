package import RuntimeErrors
package import VFIO

/// What a machine has against what a container asks for: devices come with the sandbox, and a container that
/// brings another one is refused before the guest is asked.
package struct DeviceAgreement: Sendable {
    private let attached: [AttachedDevice]

    /// The devices that were attached when the machine was started.
    package init(_ attached: [AttachedDevice]) {
        self.attached = attached
    }

    /// The devices that a request means: all functions of a group, in the order of the guest.
    package func devices(for request: VFIORequest) -> [AttachedDevice] {
        attached.filter { $0.fits(request) }.sorted { $0.path < $1.path }
    }

    /// Checks that the machine has everything that is asked for, and gives back each device once, in the order of
    /// the guest: one that is there as a network function and as a node of the container is the same one.
    ///
    /// - Throws: `failedPrecondition` that lists what is attached and what is asked for besides.
    @discardableResult
    package func check(
        _ requests: [RequestedDevice], of container: String
    ) throws(RuntimeError) -> [AttachedDevice] {
        var found: [String: AttachedDevice] = [:]
        var missing: [String] = []
        for requested in requests {
            guard let request = requested.request.vfio else { continue }
            let devices = devices(for: request)
            if devices.isEmpty { missing.append("\(request.words) ('\(requested.hostPath)')") }
            for device in devices { found[device.id] = device }
        }
        guard missing.isEmpty else { throw refusal(missing, container) }
        return found.values.sorted { $0.path < $1.path }
    }

    private func refusal(_ missing: [String], _ container: String) -> RuntimeError {
        var seen: Set<String> = []
        let asked = missing.filter { seen.insert($0).inserted }.joined(separator: ", ")
        let had =
            attached.isEmpty
            ? "was started without VFIO devices"
            : "has \(attached.map(\.description).joined(separator: ", "))"
        return RuntimeError(
            .failedPrecondition,
            "can't create container '\(container)': it asks for \(asked) and its sandbox \(had); name the "
                + "device when the sandbox is made, since none is plugged in later")
    }
}

extension VFIORequest {
    /// How messages name it.
    var words: String {
        switch self {
        case .group(let number): "VFIO group \(number)"
        case .characterDevice(let name): "VFIO device \(name)"
        case .function(let address): "PCI function \(address)"
        case .mediated(let uuid): "mediated device \(uuid)"
        }
    }
}
