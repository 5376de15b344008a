package import Linux
package import OCI

/// What a container's spec asks for of the host's devices, in the spec's order: nodes first, then mounts.
package struct DeviceRequests: Sendable, Equatable {
    /// Every place of the spec that asks for a device.
    package var all: [RequestedDevice]

    /// States requests.
    package init(_ all: [RequestedDevice] = []) {
        self.all = all
    }

    /// Reads a spec: `linux.devices`, and bind mounts of device nodes. Asks the host's `/dev` and `/sys`, writes
    /// nothing.
    package init(of spec: Spec, bundle: String, on roots: HostRoots) {
        all = []
        for (index, node) in (spec.linux?.devices ?? []).enumerated() {
            guard let host = HostNode(node, on: roots) else { continue }
            all.append(
                RequestedDevice(
                    request: host.request, hostPath: host.path, node: node, origin: .node(index)))
        }
        for (index, mount) in spec.mounts.enumerated() where mount.isBind {
            guard let host = HostNode(at: mount.hostSource(bundle: bundle), on: roots) else { continue }
            all.append(
                RequestedDevice(
                    request: host.request, hostPath: host.path, node: host.node(at: mount.destination),
                    origin: .mount(index)))
        }
    }

    /// Reads the nodes that a CDI name or the kubelet stands for.
    package init(of nodes: [DeviceNode], from origin: RequestedDevice.Origin, on roots: HostRoots) {
        all = nodes.compactMap { node in
            guard let host = HostNode(node, on: roots) else { return nil }
            return RequestedDevice(
                request: host.request, hostPath: host.path, node: node, origin: origin)
        }
    }

    /// What goes through VFIO.
    package var vfio: [RequestedDevice] { all.filter { $0.request.vfio != nil } }

    /// Each device once, however often and wherever it is asked for, without the nodes that are no device.
    package var distinct: [DeviceRequest] {
        var seen: Set<DeviceRequest> = [.vfioContainer, .iommu]
        return all.map(\.request).filter { seen.insert($0).inserted }
    }
}

extension Mount {
    /// The host path of a bind mount: one that is not absolute is relative to the bundle.
    func hostSource(bundle: String) -> String {
        source.hasPrefix("/") ? source : "\(bundle)/\(source)"
    }
}
