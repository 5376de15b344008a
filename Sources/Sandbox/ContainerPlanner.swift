package import AgentClient
package import Configuration
package import OCI
package import RuntimeErrors
package import SharedFilesystem

/// What is done for one container: which host files go into the share, and the spec that the agent gets.
package struct ContainerPlan: Sendable, Equatable {
    /// The files, in the order in which they are attached.
    package var shares: [PlannedShare]
    /// What the agent sets up before it makes the container.
    package var guestDevices: [GuestDevice] = []
    /// The spec with every host path replaced by the guest's.
    package var guestSpec: Spec
    /// Whether the container joins the sandbox's process namespace.
    package var sharesProcessNamespace: Bool
    /// What was taken out of the spec, for the log.
    package var notes: [String]

    /// The same for a container whose files are in the share already.
    var withoutShares: ContainerPlan {
        var plan = self
        plan.shares = []
        return plan
    }
}

/// Something of the host's that is attached to the share.
package struct PlannedShare: Sendable, Equatable {
    /// What it is.
    package enum Content: Sendable, Equatable {
        /// The snapshotter's mounts, layered in order.
        case rootfs([RootfsMount])
        /// A host folder or file.
        case bind(source: String, recursive: Bool, readOnly: Bool)
    }

    /// Which of the container's places in the share it takes.
    package var part: SharedPlace.Part
    /// What it is.
    package var content: Content
}

/// Plans one container. Pure.
package struct ContainerPlanner: Sendable {
    private let configuration: RuntimeConfiguration

    /// A planner under one configuration.
    package init(configuration: RuntimeConfiguration) {
        self.configuration = configuration
    }

    /// Plans a container with its devices; without any the host's nodes are left out.
    ///
    /// - Throws: `unimplemented` or `invalidArgument` for what a guest can't be given.
    package func plan(
        _ request: ContainerRequest, _ devices: ContainerDevices? = nil
    ) throws(RuntimeError) -> ContainerPlan {
        let folder = "\(GuestPaths.shared)\(request.id.rawValue)"
        var shares = [try rootShare(request)]
        var changes = devices?.mounts ?? [:]
        for (index, mount) in request.spec.mounts.enumerated() where mount.isBind && changes[index] == nil {
            let share = try bindShare(mount, number: index, bundle: request.bundle)
            shares.append(share)
            changes[index] = .source("\(folder)/mounts/\(index)")
        }
        var rewrite = GuestRewrite(
            rootPath: "\(folder)/rootfs", cgroupsPath: "/\(request.id.rawValue)", mounts: changes)
        rewrite.keepsSeccomp = configuration.guestSeccomp
        var spec = request.spec
        devices?.takeOut(of: &spec)
        var guest = try spec.forGuest(rewrite)
        devices?.putIn(&guest.spec)
        return ContainerPlan(
            shares: shares, guestDevices: devices?.guestDevices ?? [], guestSpec: guest.spec,
            sharesProcessNamespace: guest.sharesProcessNamespace, notes: guest.notes)
    }

    /// The container's root: the snapshotter's mounts, else the folder that the spec names.
    private func rootShare(_ request: ContainerRequest) throws(RuntimeError) -> PlannedShare {
        guard request.rootfs.isEmpty else {
            return PlannedShare(part: .rootfs, content: .rootfs(request.rootfs))
        }
        guard let root = request.spec.root, !root.path.isEmpty else {
            throw RuntimeError(
                .invalidArgument,
                "can't create container '\(request.id.rawValue)': it has no root file system; give mounts or root.path"
            )
        }
        let path = root.path.hasPrefix("/") ? root.path : "\(request.bundle)/\(root.path)"
        // Held to the same rules as a snapshotter's: a folder, and not the host's own root.
        let mount = RootfsMount(
            type: "bind", source: path, options: ["rbind", root.readonly ? "ro" : "rw"])
        return PlannedShare(part: .rootfs, content: .rootfs([mount]))
    }

    private func bindShare(_ mount: Mount, number: Int, bundle: String) throws(RuntimeError) -> PlannedShare {
        for option in mount.options where option == "shared" || option == "rshared" {
            throw RuntimeError(
                .unimplemented,
                "can't mount '\(mount.destination)' with '\(option)': mounts made in a guest do not reach the host; use rprivate or rslave"
            )
        }
        let source = mount.source.hasPrefix("/") ? mount.source : "\(bundle)/\(mount.source)"
        return PlannedShare(
            part: .mount(number),
            content: .bind(
                source: source, recursive: mount.options.contains("rbind"),
                readOnly: mount.options.contains("ro") || mount.options.contains("rro")))
    }
}
