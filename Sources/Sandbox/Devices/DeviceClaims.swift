package import CDI
package import HostUSB
package import Linux
package import OCI
package import RuntimeErrors

/// What a container asks for of the host's devices, and its specification with what CDI files add to it.
///
/// CDI names count once for a sandbox, when it is made: its annotations or the kubelet's word. The keys go from every
/// specification, so that nobody behind this runtime takes the host's names for its own.
package struct DeviceClaims: Sendable, Equatable {
    /// The specification without CDI's keys.
    package var spec: Spec
    /// What the specification names by nodes and mounts.
    package var nodes: DeviceRequests
    /// What CDI names stand for.
    package var named: DeviceRequests
    /// USB devices by their ports or serial numbers.
    package var usb: [USBName] = []
    /// What becomes a device of the machine: disks and USB devices of single containers, since those of a pod come
    /// after its machine; and whatever CDI names.
    var sandboxRequests: [RequestedDevice] { (takesNodes ? nodes.all : []) + named.all }
    private var takesNodes = false
    /// Whether what goes through VFIO is passed over, as `cdi_without_port` may have it.
    package var passesOverVFIO = false
    /// One sentence each, for the log.
    package var warnings: [String] = []

    /// Who names devices beside the container's nodes.
    package enum Source: Sendable, Equatable {
        /// The container's annotations.
        case annotations
        /// The kubelet, whose word is instead of the annotations'.
        case kubelet([DeviceName])
        /// Nobody any more: the kubelet was asked when the sandbox was made.
        case settled
    }

    /// Reads a container's claims; asks the host's CDI files, `/dev` and `/sys`, and writes nothing.
    ///
    /// - Throws: `invalidArgument` for annotations that can't be read, `notFound` for names that nobody knows,
    ///   `failedPrecondition` for slices of GPUs and for nodes that are not there.
    package init(
        of request: ContainerRequest, _ type: ContainerType, from source: Source, on roots: HostRoots
    ) throws(RuntimeError) {
        spec = request.spec
        nodes = DeviceRequests()
        named = DeviceRequests()
        prepareSpec(on: roots)
        let annotations = try DeviceAnnotations(request.spec.annotations)
        var names: [DeviceName]
        switch source {
        case .annotations: names = annotations.names
        case .kubelet(let devices): names = devices
        case .settled: names = []
        }
        try MIGSlices.refuse(in: names, of: request.id.rawValue)
        takesNodes = type == .single
        usb = names.compactMap { USBName($0) }
        names.removeAll { USBName($0) != nil }
        if !names.isEmpty {
            let registry = Registry.load(roots)
            if case .kubelet = source { names = known(names, registry) }
            var edited = spec
            let report = try Injection(registry, roots: roots).inject(names, into: &edited)
            for injected in report.nodes {
                named.all +=
                    DeviceRequests(
                        of: [injected.node], from: Self.origin(injected.device, source, request.spec),
                        on: roots
                    ).all
            }
            // A pod's containers get nodes, files and variables from who makes them, the sandbox's own needs none.
            if type == .single {
                spec = edited
                warnings += [report.hooksWarning, report.mountsNote].compactMap { $0 }
            }
        }
        nodes = DeviceRequests(of: spec, bundle: request.bundle, on: roots)
    }

    /// The claims as the rules of the configuration let them pass: where no port is planned and that is no error, the
    /// specification is as if there were no CDI names.
    ///
    /// - Throws: `failedPrecondition` for VFIO devices that the sandbox may not have.
    func admitted(
        by gate: PortGate, of request: ContainerRequest, on roots: HostRoots
    ) throws(RuntimeError) -> DeviceClaims {
        let asked = DeviceRequests(nodes.all + named.all)
        guard try gate.admit(asked, of: request.id.rawValue).warning != nil else { return self }
        var left = self
        left.passesOverVFIO = true
        left.spec = request.spec
        left.prepareSpec(on: roots)
        left.nodes = DeviceRequests(of: left.spec, bundle: request.bundle, on: roots)
        return left
    }

    /// Takes CDI's keys out; and where a container has all nodes of the host, as a privileged one may, those that would
    /// be requests: nobody asks for every device that there is.
    private mutating func prepareSpec(on roots: HostRoots) {
        DeviceAnnotations.strip(&spec.annotations)
        guard spec.hasAllNodesOfHost else { return }
        spec.linux?.devices.removeAll { node in
            switch HostNode(node, on: roots)?.request {
            case .vfio, .vfioContainer, .iommu, .usb, .block: true
            case .character, nil: false
            }
        }
        warnings.append(
            "the container has all device nodes of the host, none of which is taken for a request: name devices by "
                + "CDI, and set privileged_without_host_devices in containerd's runtime section")
    }

    /// Device plugins that know nothing of CDI name devices too; their nodes come with the container.
    private mutating func known(_ names: [DeviceName], _ registry: Registry) -> [DeviceName] {
        let kinds = Set(registry.names.map(\.kind))
        let foreign = names.filter { !kinds.contains($0.kind) }
        if !foreign.isEmpty {
            let list = foreign.prefix(8).map { "'\($0)'" }.joined(separator: ", ")
            warnings.append(
                "no CDI file is there for devices that the kubelet names: \(list)"
                    + (foreign.count > 8 ? " and \(foreign.count - 8) more" : ""))
        }
        return names.filter { kinds.contains($0.kind) }
    }

    private static func origin(
        _ device: DeviceName?, _ source: Source, _ spec: Spec
    ) -> RequestedDevice.Origin {
        if case .kubelet(let names) = source { return .kubelet("\(device ?? names[0])") }
        let keys = spec.annotations.filter { $0.key.utf8.starts(with: DeviceAnnotations.prefix.utf8) }
        let text = device.map { "\($0)" }
        let key = keys.keys.sorted().first { key in
            text == nil || keys[key]?.split(separator: ",").contains { $0 == text ?? "" } == true
        }
        return .annotation(key ?? DeviceAnnotations.prefix)
    }
}

extension Spec {
    /// Whether a manager put in every node that it found on the host, with a rule that lets all be used.
    fileprivate var hasAllNodesOfHost: Bool {
        guard let linux, linux.resources?.devices.contains(where: \.allowsAll) == true else { return false }
        // No image and no plugin names the host's memory, which every host has a node of.
        return linux.devices.contains { $0.path == "/dev/mem" || $0.path == "/dev/kmsg" }
    }
}

extension DeviceRule {
    fileprivate var allowsAll: Bool {
        allow && (type == "a" || type.isEmpty) && major ?? -1 == -1 && minor ?? -1 == -1
    }
}
