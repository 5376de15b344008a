import AgentProtocol
import Glibc
import GuestRuntime
import Linux
import RuntimeErrors

extension LaunchPlan {
    /// The plan of a container's init process.
    ///
    /// - Throws: `invalidArgument` for what makes no sense; `unimplemented` for what this agent can't do and
    ///   must not leave out.
    init(container id: String, _ spec: AgentSpec) throws(RuntimeError) {
        self.init()
        containerID = id
        try Self.refuseUnsupported(spec)
        process = try ProcessPlan(spec.process)
        container = try ContainerPlan(spec)
        if spec.linux.hasSeccomp { seccomp = try SeccompPlan(spec.linux.seccomp) }
    }

    private static func refuseUnsupported(_ spec: AgentSpec) throws(RuntimeError) {
        let hooks = spec.hooks
        if !(hooks.createContainer.isEmpty && hooks.startContainer.isEmpty) {
            throw unsupported("hooks in the guest")
        }
        if !(spec.linux.uidMappings.isEmpty && spec.linux.gidMappings.isEmpty) {
            throw unsupported("user namespaces")
        }
        for namespace in spec.linux.namespaces {
            guard namespace.path.isEmpty || namespace.type == "network" else {
                throw unsupported("a \(namespace.type) namespace by path")
            }
            switch namespace.type {
            case "pid", "mount", "uts", "ipc", "cgroup", "network": continue
            case "user": throw unsupported("user namespaces")
            default: throw unsupported("the namespace type '\(namespace.type)'")
            }
        }
    }

    static func unsupported(_ what: String) -> RuntimeError {
        RuntimeError(.unimplemented, "can't use \(what): this agent does not support it; leave it out")
    }
}

extension AgentSpec {
    /// What the init process gets of its own; the network is the machine's.
    var ownNamespaces: NamespaceKinds {
        var kinds: NamespaceKinds = [.mount, .pid]
        for namespace in linux.namespaces {
            switch namespace.type {
            case "uts": kinds.insert(.uts)
            case "ipc": kinds.insert(.ipc)
            default: continue
            }
        }
        return kinds
    }
}

extension ContainerPlan {
    init(_ spec: AgentSpec) throws(RuntimeError) {
        self.init()
        root = try PlanText.absolute(spec.root.path, "root path")
        readonlyRoot = spec.root.readonly
        if spec.ownNamespaces.contains(.uts) { hostname = try PlanText.checked(spec.hostname, "host name") }
        for mount in spec.mounts { mounts.append(try MountPlan(mount)) }
        for device in spec.linux.devices { devices.append(try DevicePlan(device)) }
        for path in spec.linux.maskedPaths {
            maskedPaths.append(try PlanText.absolute(path, "masked path"))
        }
        for path in spec.linux.readonlyPaths {
            readonlyPaths.append(try PlanText.absolute(path, "read-only path"))
        }
        for (key, value) in spec.linux.sysctl.sorted(by: { $0.key < $1.key }) {
            var setting = SettingPlan()
            setting.key = try PlanText.checked(key, "sysctl")
            setting.value = try PlanText.checked(value, "sysctl")
            sysctls.append(setting)
        }
        let options = try MountOptions(parsing: [spec.linux.rootfsPropagation])
        rootPropagation = options.propagation
        rootPropagationIsRecursive = options.recursivePropagation
    }
}

extension MountPlan {
    init(_ mount: AgentMount) throws(RuntimeError) {
        self.init()
        destination = try PlanText.absolute(mount.destination, "mount destination")
        options = try MountOptions(parsing: try PlanText.checked(mount.options, "mount option"))
        if mount.type == "bind" { options.bind = true }
        source =
            options.bind
            ? try PlanText.absolute(mount.source, "mount source")
            : try PlanText.checked(mount.source, "mount source")
        type = try PlanText.checked(mount.type, "mount type")
    }
}

extension DevicePlan {
    init(_ device: AgentLinuxDevice) throws(RuntimeError) {
        self.init()
        path = try PlanText.absolute(device.path, "device path")
        let kind: UInt32
        switch device.type {
        case "c", "u": kind = S_IFCHR
        case "b": kind = S_IFBLK
        case "p": kind = S_IFIFO
        default:
            throw RuntimeError(
                .invalidArgument, "can't make the device '\(path)': its type '\(device.type)' is not valid")
        }
        guard let major = UInt32(exactly: device.major), let minor = UInt32(exactly: device.minor) else {
            throw RuntimeError(.invalidArgument, "can't make the device '\(path)': its numbers are not valid")
        }
        mode = kind | (device.fileMode == 0 ? 0o666 : device.fileMode & 0o7777)
        (self.major, self.minor, uid, gid) = (major, minor, device.uid, device.gid)
    }
}
