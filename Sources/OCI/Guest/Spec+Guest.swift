package import RuntimeErrors

extension Spec {
    /// The specification that the agent gets: everything that names something of the host is taken out,
    /// emptied or replaced; limits, users, capabilities and filters stay.
    ///
    /// Hooks of the host are taken out (the caller runs them). Network, cgroup and time namespaces go, and
    /// paths of all others; a process namespace with a path becomes `sharesProcessNamespace`. Device rules
    /// start with "deny all". Labels of SELinux and AppArmor go, since the guest's kernel has neither policy.
    ///
    /// - Throws: `RuntimeError`: `.unimplemented` for what cannot work in a guest (seccomp notification,
    ///   joining a user namespace, hooks in the container when they are not kept), `.internalError` for a bind
    ///   mount that `rewrite` does not mention.
    package func forGuest(_ rewrite: GuestRewrite) throws(RuntimeError) -> GuestSpec {
        var guest = GuestSpec(spec: self, sharesProcessNamespace: false, notes: [])
        guest.spec.root = Root(path: rewrite.rootPath, readonly: root?.readonly ?? false)
        guest.spec.hooks = try guestHooks(rewrite)
        guest.spec.mounts = try guestMounts(rewrite)
        // The agent acts on CDI names by itself; the host has resolved what counts.
        let isForHost = { (name: String) in
            // By bytes: as characters, an accent after the last of the prefix would hide the name.
            ["cdi.k8s.io/", "io.katacontainers.config."].contains { name.utf8.starts(with: $0.utf8) }
        }
        guest.spec.annotations = annotations.filter { !isForHost($0.key) }
        if let process {
            let (inner, notes) = process.forGuest()
            guest.spec.process = inner
            guest.notes += notes
        }
        if let linux { try linux.rewrite(&guest, rewrite) }
        return guest
    }

    private func guestHooks(_ rewrite: GuestRewrite) throws(RuntimeError) -> Hooks? {
        guard let hooks, !(hooks.createContainer.isEmpty && hooks.startContainer.isEmpty) else { return nil }
        guard rewrite.keepsContainerHooks else {
            throw RuntimeError(
                .unimplemented,
                "can't run the createContainer and startContainer hooks of the container: their programs are "
                    + "not in the guest; use createRuntime hooks, which run on the host")
        }
        var kept = Hooks()
        kept.createContainer = hooks.createContainer
        kept.startContainer = hooks.startContainer
        return kept
    }

    private func guestMounts(_ rewrite: GuestRewrite) throws(RuntimeError) -> [Mount] {
        var result: [Mount] = []
        for (index, mount) in mounts.enumerated() {
            switch rewrite.mounts[index] {
            case .source(let source):
                var moved = mount
                moved.source = source
                moved.uidMappings = []
                moved.gidMappings = []
                result.append(moved)
            case .replace(let other): result.append(other)
            case .drop: continue
            case nil where mount.isBind:
                throw RuntimeError(
                    .internalError,
                    "can't give the guest mount \(excerpt(mount.destination)): no place in the guest was planned "
                        + "for its source; report this")
            case nil: result.append(mount)
            }
        }
        return result
    }
}

extension Process {
    /// The process as the agent gets it, and notes of what was taken out.
    package func forGuest() -> (process: Process, notes: [String]) {
        var process = self
        var notes: [String] = []
        if !apparmorProfile.isEmpty {
            notes.append("the AppArmor profile is not applied: the guest's kernel has no such policy")
        }
        if !selinuxLabel.isEmpty {
            notes.append("the SELinux label is not applied: the guest's kernel has no such policy")
        }
        process.apparmorProfile = ""
        process.selinuxLabel = ""
        process.capabilities = capabilities?.known
        if let affinity = execCPUAffinity, !affinity.initial.isEmpty {
            notes.append("the initial CPU affinity is not applied: the process is born in its cgroup")
        }
        return (process, notes)
    }
}

extension Capabilities {
    /// The sets without names that nobody knows, which the specification wants left out and not refused.
    fileprivate var known: Capabilities {
        let kept = { (names: [String]) in names.filter(KnownNames.capabilities.contains) }
        return Capabilities(
            bounding: kept(bounding), effective: kept(effective), inheritable: kept(inheritable),
            permitted: kept(permitted), ambient: kept(ambient))
    }
}
