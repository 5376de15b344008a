package import AgentProtocol
package import OCI

extension AgentSpec {
    /// The OCI spec in the agent's own terms; the guest side of it is ``OCI/Spec`` after `forGuest`.
    package init(_ spec: Spec) {
        self.init()
        version = spec.ociVersion
        hostname = spec.hostname
        annotations = spec.annotations
        mounts = spec.mounts.map(AgentMount.init)
        if let process = spec.process { self.process = AgentProcess(process) }
        if let root = spec.root {
            self.root.path = root.path
            self.root.readonly = root.readonly
        }
        if let hooks = spec.hooks {
            self.hooks.createContainer = hooks.createContainer.map(AgentHook.init)
            self.hooks.startContainer = hooks.startContainer.map(AgentHook.init)
        }
        if let linux = spec.linux { self.linux = AgentLinux(linux) }
    }
}

extension AgentMount {
    init(_ mount: Mount) {
        self.init()
        destination = mount.destination
        source = mount.source
        type = mount.type
        options = mount.options
    }
}

extension AgentHook {
    init(_ hook: Hook) {
        self.init()
        path = hook.path
        args = hook.args
        env = hook.env
        timeout = Int64(hook.timeout ?? 0)
    }
}

extension AgentProcess {
    /// A process in the agent's own terms, with every field that the protocol has.
    package init(_ process: OCI.Process) {
        self.init()
        terminal = process.terminal
        if let size = process.consoleSize {
            consoleSize.height = size.height
            consoleSize.width = size.width
        }
        if let user = process.user {
            self.user.uid = user.uid
            self.user.gid = user.gid
            self.user.additionalGids = user.additionalGids
            self.user.username = user.username
            if let umask = user.umask { self.user.umask = umask }
        }
        args = process.args
        env = process.env
        cwd = process.cwd
        if let capabilities = process.capabilities {
            self.capabilities.bounding = capabilities.bounding
            self.capabilities.effective = capabilities.effective
            self.capabilities.inheritable = capabilities.inheritable
            self.capabilities.permitted = capabilities.permitted
            self.capabilities.ambient = capabilities.ambient
        }
        rlimits = process.rlimits.map { limit in
            var message = AgentPOSIXRlimit()
            message.type = limit.type
            message.hard = limit.hard
            message.soft = limit.soft
            return message
        }
        noNewPrivileges = process.noNewPrivileges
        apparmorProfile = process.apparmorProfile
        selinuxLabel = process.selinuxLabel
        if let score = process.oomScoreAdj { oomScoreAdj = Int64(score) }
        if let scheduler = process.scheduler { self.scheduler = AgentScheduler(scheduler) }
        if let priority = process.ioPriority {
            ioPriority.class = priority.class
            ioPriority.priority = Int32(clamping: priority.priority ?? 0)
        }
        execCpuAffinity = process.execCPUAffinity?.final ?? ""
    }
}

extension AgentScheduler {
    init(_ scheduler: Scheduler) {
        self.init()
        policy = scheduler.policy
        nice = scheduler.nice ?? 0
        priority = scheduler.priority ?? 0
        flags = scheduler.flags
        runtime = scheduler.runtime ?? 0
        deadline = scheduler.deadline ?? 0
        period = scheduler.period ?? 0
    }
}
