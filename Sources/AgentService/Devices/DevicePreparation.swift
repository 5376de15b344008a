import AgentProtocol
import GuestRuntime
import Linux
import LoopSupport
import RuntimeErrors

/// What the devices of a container make of its specification.
struct PreparedSpec: Sendable {
    var spec: AgentSpec
    /// Addresses of the host and the guest, for the environment of further processes.
    var addresses = PCIAddressMap()
    /// Numbers of the host and the guest, for rules that come later.
    var numbers = DeviceNumberMap()
}

/// Waits for the devices of containers, and puts into specifications what only the guest knows of them.
///
/// Nothing is to be undone when a container's creation fails later, or when it is gone: drivers that were loaded and
/// functions that VFIO got stay so until the machine ends.
struct DevicePreparation: Sendable {
    let settings: DeviceSettings
    let vfio: GuestVFIO
    let effects: EffectThread
    let loop: MainLoop
    let log: AgentLog
    let cdi: GuestCDI

    /// For containers of a machine that has just started.
    init(
        _ settings: DeviceSettings, vfio: GuestVFIO? = nil, effects: EffectThread, loop: MainLoop,
        log: AgentLog
    ) {
        self.settings = settings
        self.vfio = vfio ?? GuestVFIO(settings.roots)
        self.effects = effects
        self.loop = loop
        self.log = log
        cdi = GuestCDI(
            settings: settings, folderDeadline: .now + settings.cdiFolderTimeout, effects: effects,
            loop: loop,
            log: log)
    }

    /// Prepares a container's devices; others are served meanwhile.
    ///
    /// - Parameter limit: how long the caller waits for all of it.
    /// - Throws: `notFound` for a device that does not appear in time, with its place.
    func prepare(
        _ requests: DeviceRequests, _ spec: AgentSpec, of id: String, within limit: Duration? = nil
    ) async throws -> PreparedSpec {
        // The reason for a failure must reach the caller before it gives up without one.
        let end = limit.map { ContinuousClock.now + $0 - .seconds(2) }
        for warning in requests.warnings { log.write(.warning, "container '\(id)': \(warning)") }
        var prepared = PreparedSpec(spec: spec)
        let deadline = ContinuousClock.now + settings.hotplugTimeout
        let addresses = try await functions(of: requests.devices, by: deadline, of: id)
        var changes: [NodeChange] = []
        for request in requests.devices {
            switch request {
            case .disk(let path, let node):
                guard let address = addresses[path] else { continue }
                let number = try await disk(address, at: path, node, of: id)
                changes.append(NodeChange(node: node, path: node, isBlock: true, number: number))
            case .driven(let functions):
                note(functions, addresses, &prepared.addresses)
            case .passed(let functions, let node):
                let (group, number) = try await pass(
                    functions.compactMap { addresses[$0.path] }, node, of: id)
                let path = "/dev/vfio/\(group)"
                changes.append(NodeChange(node: node, path: path, isBlock: false, number: number))
                note(functions, addresses, &prepared.addresses)
            }
        }
        prepared.numbers = try prepared.spec.apply(changes)
        if prepared.spec.hasProcess {
            prepared.spec.process.env = prepared.addresses.rewritten(prepared.spec.process.env)
        }
        if !requests.names.isEmpty {
            try await cdi.inject(requests.names, into: &prepared.spec, of: id, by: end)
        }
        return prepared
    }

    private func note(
        _ functions: [DeviceRequest.Function], _ addresses: [GuestPCIPath: PCIFunctionAddress],
        _ map: inout PCIAddressMap
    ) {
        for function in functions {
            if let guest = addresses[function.path] { map.add(function.host, is: guest) }
        }
    }

    /// Waits until all functions are there.
    private func functions(
        of requests: [DeviceRequest], by deadline: ContinuousClock.Instant, of id: String
    ) async throws -> [GuestPCIPath: PCIFunctionAddress] {
        let paths = Set(requests.flatMap(\.paths))
        guard !paths.isEmpty else { return [:] }
        let tree = PCITree(settings.roots)
        let found = try await poll("look for devices", by: deadline) {
            var found: [GuestPCIPath: PCIFunctionAddress] = [:]
            for path in paths { found[path] = try tree.function(at: path) }
            return (found, isComplete: found.count == paths.count)
        }
        for request in requests {
            switch request {
            case .disk(let path, let node):
                if found[path] == nil { throw missing("the disk '\(node)'", "no PCI function", path, id) }
            case .driven(let functions), .passed(let functions, _):
                for function in functions where found[function.path] == nil {
                    throw missing(
                        "the host's device '\(function.host)'", "no PCI function", function.path, id)
                }
            }
        }
        return found
    }

    private func disk(
        _ address: PCIFunctionAddress, at path: GuestPCIPath, _ node: String, of id: String
    ) async throws -> DeviceNumber {
        let disk = GuestDisk(settings.roots)
        try await effects.run("load the driver of disks", deadline: .seconds(60)) { try disk.loadDriver() }
        let deadline = ContinuousClock.now + settings.hotplugTimeout
        let number: DeviceNumber? = try await poll("look for a disk", by: deadline) {
            let number = try disk.number(of: address)
            return (number, isComplete: number != nil)
        }
        guard let number else { throw missing("the disk '\(node)'", "no virtio disk", path, id) }
        return number
    }

    /// Gives functions to VFIO, and waits for the node of their group.
    private func pass(
        _ functions: [PCIFunctionAddress], _ node: String, of id: String
    ) async throws -> (group: UInt32, DeviceNumber) {
        let vfio = vfio
        let group = try await effects.run("give devices to VFIO", deadline: .seconds(60)) {
            try vfio.loadDriver()
            var groups: Set<UInt32> = []
            for function in functions { groups.insert(try vfio.bind(function)) }
            guard let group = groups.first, groups.count == 1 else {
                let list = groups.sorted().map(String.init).joined(separator: ", ")
                throw RuntimeError(
                    .failedPrecondition,
                    "can't give container '\(id)' the device '\(node)': its functions are in the guest's IOMMU groups "
                        + "\(list); they must share one")
            }
            return group
        }
        let deadline = ContinuousClock.now + settings.hotplugTimeout
        let number: DeviceNumber? = try await poll("look for a VFIO group", by: deadline) {
            let number = try vfio.number(ofGroup: group)
            return (number, isComplete: number != nil)
        }
        guard let number else {
            throw RuntimeError(
                .notFound,
                "can't give container '\(id)' the device '\(node)': the guest has made no node for its IOMMU group "
                    + "\(group) within \(settings.hotplugTimeout)")
        }
        return (group, number)
    }

    /// Looks until what is looked for is complete, but at least once; after the deadline what there is counts.
    private func poll<T: Sendable>(
        _ what: String, by deadline: ContinuousClock.Instant,
        _ look: @escaping @Sendable () throws -> (T, isComplete: Bool)
    ) async throws -> T {
        while true {
            let (found, isComplete) = try await effects.run(what, deadline: .seconds(60), look)
            if isComplete || ContinuousClock.now >= deadline { return found }
            try await loop.sleep(for: .milliseconds(20))
        }
    }

    private func missing(_ what: String, _ lack: String, _ path: GuestPCIPath, _ id: String) -> RuntimeError {
        RuntimeError(
            .notFound,
            "can't give container '\(id)' \(what): the guest has \(lack) at '\(path)' within "
                + "\(settings.hotplugTimeout); check that the device is attached, or give its driver more time with "
                + "the kernel parameter agent.hotplug_timeout")
    }
}
