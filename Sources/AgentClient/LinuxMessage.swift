import AgentProtocol
import OCI

extension AgentLinux {
    init(_ linux: LinuxConfiguration) {
        self.init()
        sysctl = linux.sysctl
        cgroupsPath = linux.cgroupsPath
        rootfsPropagation = linux.rootfsPropagation
        maskedPaths = linux.maskedPaths
        readonlyPaths = linux.readonlyPaths
        mountLabel = linux.mountLabel
        uidMappings = linux.uidMappings.map(AgentLinuxIDMapping.init)
        gidMappings = linux.gidMappings.map(AgentLinuxIDMapping.init)
        namespaces = linux.namespaces.map { namespace in
            var message = AgentLinuxNamespace()
            message.type = namespace.type
            message.path = namespace.path
            return message
        }
        devices = linux.devices.map { device in
            var message = AgentLinuxDevice()
            message.path = device.path
            message.type = device.type
            message.major = device.major ?? 0
            message.minor = device.minor ?? 0
            message.fileMode = device.fileMode ?? 0o666
            message.uid = device.uid ?? 0
            message.gid = device.gid ?? 0
            return message
        }
        if let resources = linux.resources { self.resources = AgentLinuxResources(resources) }
        if let seccomp = linux.seccomp { self.seccomp = AgentLinuxSeccomp(seccomp) }
    }
}

extension AgentLinuxIDMapping {
    init(_ mapping: IDMapping) {
        self.init()
        hostID = mapping.hostID
        containerID = mapping.containerID
        size = mapping.size
    }
}

extension AgentLinuxSeccomp {
    init(_ seccomp: Seccomp) {
        self.init()
        defaultAction = seccomp.defaultAction
        architectures = seccomp.architectures
        flags = seccomp.flags
        syscalls = seccomp.syscalls.map { rule in
            var message = AgentLinuxSyscall()
            message.names = rule.names
            message.action = rule.action
            if let number = rule.errnoRet { message.errnoRet = number }
            message.args = rule.args.map { argument in
                var message = AgentLinuxSeccompArg()
                message.index = UInt64(argument.index)
                message.value = argument.value
                message.valueTwo = argument.valueTwo
                message.op = argument.op
                return message
            }
            return message
        }
    }
}
