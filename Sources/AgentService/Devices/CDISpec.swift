import AgentProtocol
import OCI

extension AgentSpec {
    /// What CDI edits in a specification, in the words of OCI.
    var forCDI: Spec {
        let user = User(
            uid: process.user.uid, gid: process.user.gid, additionalGids: process.user.additionalGids)
        var spec = Spec(process: OCI.Process(env: process.env, user: user))
        spec.mounts = mounts.map {
            Mount(destination: $0.destination, type: $0.type, source: $0.source, options: $0.options)
        }
        var linux = LinuxConfiguration()
        linux.devices = self.linux.devices.map { node in
            var device = DeviceNode(
                path: node.path, type: node.type, major: node.major, minor: node.minor)
            (device.fileMode, device.uid, device.gid) = (node.fileMode, node.uid, node.gid)
            return device
        }
        var resources = Resources()
        resources.devices = self.linux.resources.devices.map {
            DeviceRule(allow: $0.allow, type: $0.type, major: $0.major, minor: $0.minor, access: $0.access)
        }
        linux.resources = resources
        spec.linux = linux
        return spec
    }

    /// Takes over what CDI has made of ``forCDI``, and takes the annotations out that asked for it.
    mutating func take(_ spec: Spec) {
        process.env = spec.process?.env ?? []
        process.user.additionalGids = spec.process?.user?.additionalGids ?? []
        mounts = spec.mounts.map { mount in
            var taken = AgentMount()
            taken.destination = mount.destination
            // The agent's mounts say what they are by their type.
            taken.type = mount.isBind ? "bind" : mount.type
            taken.source = mount.source
            taken.options = mount.options
            return taken
        }
        linux.devices = (spec.linux?.devices ?? []).map { node in
            var taken = AgentLinuxDevice()
            (taken.path, taken.type) = (node.path, node.type)
            (taken.major, taken.minor) = (node.major ?? 0, node.minor ?? 0)
            (taken.fileMode, taken.uid, taken.gid) = (node.fileMode ?? 0, node.uid ?? 0, node.gid ?? 0)
            return taken
        }
        linux.resources.devices = (spec.linux?.resources?.devices ?? []).map { rule in
            var taken = AgentLinuxDeviceCgroup()
            (taken.allow, taken.type, taken.access) = (rule.allow, rule.type, rule.access)
            (taken.major, taken.minor) = (rule.major ?? -1, rule.minor ?? -1)
            return taken
        }
    }
}
