import Linux
import OCI
import RuntimeErrors

/// A specification on its way from one edit to the next, with what was done to it.
struct EditedSpec {
    private(set) var spec: Spec
    var report = InjectionReport()

    init(_ spec: Spec) {
        self.spec = spec
    }

    mutating func apply(_ edits: FileEdits, _ roots: HostRoots) throws(RuntimeError) {
        for entry in edits.edits.env { set(entry) }
        for edit in edits.edits.deviceNodes { try add(edit, of: edits, roots) }
        for device in edits.edits.netDevices { add(device) }
        for mount in edits.edits.mounts { add(mount) }
        for group in edits.edits.additionalGids { add(group: group) }
        if let rdt = edits.edits.intelRdt { changeLinux { $0.intelRdt = rdt } }
        for edit in edits.edits.hooks {
            report.droppedHooks.append(
                InjectionReport.DroppedHook(file: edits.file, name: edit.name, path: edit.hook.path))
        }
    }

    /// Sorts the mounts when some came in: by the depth of their destinations, and else as they were, so that none hides
    /// another that was made before.
    mutating func finish() {
        guard !report.mounts.isEmpty else { return }
        let depth = { (mount: Mount) in max(1, mount.destination.split(separator: "/").count) }
        spec.mounts = spec.mounts.enumerated()
            .sorted { (depth($0.element), $0.offset) < (depth($1.element), $1.offset) }.map(\.element)
    }

    private mutating func changeLinux(_ change: (inout LinuxConfiguration) -> Void) {
        var linux = spec.linux ?? LinuxConfiguration()
        change(&linux)
        spec.linux = linux
    }

    /// In place of the last entry with that name, else at the end. A specification without a process has no environment.
    private mutating func set(_ entry: String) {
        guard spec.process != nil else { return }
        let name = entry.utf8.prefix { $0 != UInt8(ascii: "=") }
        if let index = spec.process?.env.lastIndex(where: {
            $0.utf8.prefix { $0 != UInt8(ascii: "=") }.elementsEqual(name)
        }) {
            spec.process?.env[index] = entry
        } else {
            spec.process?.env.append(entry)
        }
        report.env.append(entry)
    }

    private mutating func add(_ edit: DeviceNodeEdit, of edits: FileEdits, _ roots: HostRoots)
        throws(RuntimeError)
    {
        var node = try HostNode.fill(edit, roots, file: edits.file)
        if node.uid == nil, let uid = spec.process?.user?.uid, uid > 0 { node.uid = uid }
        if node.gid == nil, let gid = spec.process?.user?.gid, gid > 0 { node.gid = gid }
        changeLinux { linux in
            linux.devices.removeAll { $0.path == node.path }
            linux.devices.append(node)
            guard node.type != "p", case .some(let access) = edit.permissions else { return }
            var resources = linux.resources ?? Resources()
            let type = node.type == "u" ? "c" : node.type
            let rule = DeviceRule(
                allow: true, type: type, major: node.major, minor: node.minor, access: access)
            resources.devices.append(rule)
            linux.resources = resources
        }
        report.nodes.removeAll { $0.node.path == node.path }
        report.nodes.append(
            InjectionReport.InjectedNode(
                node: node, hostPath: edit.hostPath ?? edit.path, device: edits.device))
    }

    private mutating func add(_ device: NetDeviceEdit) {
        changeLinux { $0.netDevices[device.hostInterfaceName] = NetDevice(name: device.name) }
        report.netDevices.removeAll { $0.hostInterfaceName == device.hostInterfaceName }
        report.netDevices.append(device)
    }

    private mutating func add(_ mount: Mount) {
        var mount = mount
        if mount.isBind, spec.linux?.namespace(.user) != nil,
            !mount.options.contains(where: { $0 == "idmap" || $0 == "ridmap" })
        {
            mount.options.append("idmap")
        }
        spec.mounts.removeAll { $0.destination == mount.destination }
        spec.mounts.append(mount)
        report.mounts.removeAll { $0.destination == mount.destination }
        report.mounts.append(mount)
    }

    private mutating func add(group: UInt32) {
        guard group != 0, spec.process != nil else { return }
        var user = spec.process?.user ?? User()
        guard !user.additionalGids.contains(group) else { return }
        user.additionalGids.append(group)
        spec.process?.user = user
        report.additionalGids.append(group)
    }
}
