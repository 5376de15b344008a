import AgentProtocol
import GuestRuntime
import RuntimeErrors

extension ProcessPlan {
    init(_ process: AgentProcess) throws(RuntimeError) {
        self.init()
        arguments = try PlanText.checked(process.args, "command")
        guard arguments.first?.isEmpty == false else {
            throw RuntimeError(.invalidArgument, "can't run a process: its command is empty; name one")
        }
        environment = try PlanText.checked(process.env, "environment")
        workingDirectory = try PlanText.absolute(process.cwd.isEmpty ? "/" : process.cwd, "working folder")
        terminal = process.terminal
        rows = UInt16(clamping: process.consoleSize.height)
        columns = UInt16(clamping: process.consoleSize.width)
        uid = try Self.identity(process.user.uid)
        gid = try Self.identity(process.user.gid)
        for group in process.user.additionalGids { groups.append(try Self.identity(group)) }
        if process.user.hasUmask { umask = process.user.umask & 0o777 }
        capabilities = try CapabilityPlan(process.capabilities)
        for limit in process.rlimits { limits.append(try LimitPlan(limit)) }
        noNewPrivileges = process.noNewPrivileges
        guard let score = Int32(exactly: process.oomScoreAdj), (-1000...1000).contains(score) else {
            throw RuntimeError(
                .invalidArgument,
                "can't set oom_score_adj to \(process.oomScoreAdj): choose a value from -1000 to 1000")
        }
        oomScoreAdjust = score
        if process.hasScheduler { scheduling = try SchedulingPlan(process.scheduler) }
        if process.hasIoPriority {
            ioPriority = try IOPriorityPlan(
                class: process.ioPriority.class, priority: process.ioPriority.priority)
        }
        processors = try Self.processors(in: process.execCpuAffinity)
    }

    /// The largest number means "unchanged" to the kernel, which would leave the process root.
    private static func identity(_ number: UInt32) throws(RuntimeError) -> UInt32 {
        guard number != .max else {
            throw RuntimeError(.invalidArgument, "can't use the user or group \(number): it is reserved")
        }
        return number
    }
}

extension CapabilityPlan {
    init(_ capabilities: AgentLinuxCapabilities) throws(RuntimeError) {
        self.init()
        bounding = try Self.mask(of: capabilities.bounding)
        effective = try Self.mask(of: capabilities.effective)
        inheritable = try Self.mask(of: capabilities.inheritable)
        permitted = try Self.mask(of: capabilities.permitted)
        ambient = try Self.mask(of: capabilities.ambient)
    }
}

extension LimitPlan {
    init(_ limit: AgentPOSIXRlimit) throws(RuntimeError) {
        self.init()
        resource = try Self.resource(named: limit.type)
        (soft, hard) = (limit.soft, limit.hard)
    }
}

extension SchedulingPlan {
    init(_ scheduler: AgentScheduler) throws(RuntimeError) {
        self.init()
        policy = try Self.policy(named: scheduler.policy)
        nice = scheduler.nice
        guard let priority = UInt32(exactly: scheduler.priority) else {
            throw RuntimeError(
                .invalidArgument,
                "can't set the scheduler's priority to \(scheduler.priority): it can't be negative")
        }
        self.priority = priority
        flags = try Self.mask(ofFlags: scheduler.flags)
        (runtime, deadline, period) = (scheduler.runtime, scheduler.deadline, scheduler.period)
    }
}

extension SeccompPlan {
    init(_ seccomp: AgentLinuxSeccomp) throws(RuntimeError) {
        self.init()
        defaultAction = seccomp.defaultAction
        architectures = try PlanText.checked(seccomp.architectures, "seccomp profile")
        flags = seccomp.flags
        for syscall in seccomp.syscalls {
            var rule = SeccompRulePlan()
            rule.names = try PlanText.checked(syscall.names, "seccomp profile")
            rule.action = syscall.action
            rule.hasErrno = syscall.hasErrnoRet
            rule.errno = syscall.errnoRet
            for condition in syscall.args {
                var argument = SeccompArgumentPlan()
                argument.index = UInt32(clamping: condition.index)
                argument.value = condition.value
                argument.secondValue = condition.valueTwo
                argument.comparison = condition.op
                rule.arguments.append(argument)
            }
            rules.append(rule)
        }
    }
}
