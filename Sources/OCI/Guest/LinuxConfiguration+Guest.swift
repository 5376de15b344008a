import RuntimeErrors

extension LinuxConfiguration {
    /// Writes the guest's form of this part into `guest`.
    func rewrite(_ guest: inout GuestSpec, _ rewrite: GuestRewrite) throws(RuntimeError) {
        var inner = self
        try inner.rewriteNamespaces(&guest)
        inner.cgroupsPath = rewrite.cgroupsPath
        inner.mountLabel = ""
        inner.intelRdt = nil
        inner.timeOffsets = [:]
        inner.netDevices = [:]
        if intelRdt != nil {
            guest.notes.append("cache allocation by intelRdt is not applied: the guest has no resctrl")
        }
        if !netDevices.isEmpty {
            guest.notes.append("netDevices are not moved: the host's interfaces are not in the guest")
        }
        inner.devices = devices.filter { node in
            // Block devices reach a guest only as disks of its own; a number of the host's would be
            // another disk there, the guest's root image for one.
            node.type != "b" && !(rewrite.hidesVFIONodes && node.path.hasPrefix("/dev/vfio/"))
        }
        let hidden = devices.count - inner.devices.count
        if hidden > 0 {
            guest.notes.append("\(hidden) device nodes of the host are not made in the container")
        }
        var limits = (resources ?? Resources()).forGuest(&guest.notes)
        if limits.devices.first?.deniesAll != true { limits.devices.insert(.denyAll, at: 0) }
        inner.resources = limits
        inner.seccomp = try guestSeccomp(rewrite)
        guest.spec.linux = inner
    }

    private mutating func rewriteNamespaces(_ guest: inout GuestSpec) throws(RuntimeError) {
        if let user = namespace(.user), !user.path.isEmpty, uidMappings.isEmpty || gidMappings.isEmpty {
            throw RuntimeError(
                .unimplemented,
                "can't join the user namespace \(excerpt(user.path)): it is one of the host's; give uidMappings "
                    + "and gidMappings")
        }
        guest.sharesProcessNamespace = namespace(.pid)?.path.isEmpty == false
        namespaces = namespaces.compactMap { namespace in
            switch namespace.kind {
            case .network, .cgroup, .time, .pid: nil
            case .mount, .ipc, .uts, .user: namespace.kind.map { Namespace($0) }
            case nil: namespace
            }
        }
    }

    private func guestSeccomp(_ rewrite: GuestRewrite) throws(RuntimeError) -> Seccomp? {
        guard rewrite.keepsSeccomp, let seccomp else { return nil }
        let actions = [seccomp.defaultAction] + seccomp.syscalls.map(\.action)
        guard !actions.contains("SCMP_ACT_NOTIFY"), seccomp.listenerPath.isEmpty else {
            throw RuntimeError(
                .unimplemented,
                "can't apply the seccomp filter of the container: it notifies a program of the host, which "
                    + "cannot serve a guest; use a profile without SCMP_ACT_NOTIFY")
        }
        return seccomp
    }
}

extension Resources {
    /// The limits that hold in the guest, at the start or in an update. Process, processor, memory and I/O weights
    /// stay (this runtime's agent applies them); what is bound to a device number or a network interface of the
    /// host goes, and what only cgroup v1 had.
    package func forGuest(_ notes: inout [String]) -> Resources {
        var inner = self
        if network != nil || !rdma.isEmpty {
            notes.append(
                "network classes and RDMA limits are not applied: they are bound to the host's devices")
        }
        inner.network = nil
        inner.rdma = [:]
        if let blockIO {
            var weights = BlockIOLimits()
            weights.weight = blockIO.weight
            if weights != blockIO {
                notes.append("I/O limits of single devices are not applied: the guest has other devices")
            }
            inner.blockIO = weights
        }
        if hasLimitsOfOldCgroups {
            notes.append(
                "limits of kernel memory, swappiness, real-time runtime and the exemption from the OOM killer are "
                    + "not applied: the guest's cgroup v2 has none")
        }
        return inner
    }

    private var hasLimitsOfOldCgroups: Bool {
        let numbers = [memory?.kernel, memory?.kernelTCP, cpu?.realtimeRuntime]
        return numbers.contains { ($0 ?? 0) > 0 } || memory?.swappiness != nil
            || memory?.disableOOMKiller == true
    }
}
