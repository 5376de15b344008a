import OCI
import RuntimeErrors
import Testing

/// The message of what is wrong with a specification after `change`, without its frame.
private func fault(_ change: (inout Spec) -> Void) -> String {
    let text = message {
        var validator = SpecValidator()
        try validator.check(SpecFixture.small(change))
    }
    let frame = "can't use the specification: field "
    return text.hasPrefix(frame) ? String(text.dropFirst(frame.count)) : text
}

@Suite struct SpecValidatorTests {
    @Test func goodOnesPass() throws {
        var validator = SpecValidator()
        try validator.check(SpecFixture.spec())
        try validator.check(SpecFixture.small())
        #expect(validator.warnings == [])
    }

    @Test func aSandboxNeedsNoProcess() {
        #expect(fault { $0.process = nil } == "no error")
    }

    @Test func version() {
        #expect(fault { $0.ociVersion = "" } == "'ociVersion' is ''; give a version 1.x")
        #expect(fault { $0.ociVersion = "2.0.0" } == "'ociVersion' is '2.0.0'; give a version 1.x")
    }

    @Test func rootAndNames() {
        #expect(fault { $0.root?.path = "" } == "'root.path' is empty; give a path")
        #expect(fault { $0.root?.path = "a\0" } == "'root.path' holds a NUL character; remove it")
        #expect(
            fault { $0.hostname = String(repeating: "h", count: 65) }
                == "'hostname' has 65 bytes; give at most 64")
    }

    @Test func commands() {
        #expect(fault { $0.process?.args = [] } == "'process.args' names no command; give one")
        #expect(fault { $0.process?.args = ["", "a"] } == "'process.args' names no command; give one")
        #expect(
            fault { $0.process?.args = ["a", "\0"] } == "'process.args[1]' holds a NUL character; remove it")
    }

    /// Faults of class B.
    @Test(arguments: [
        "/proc/self/fd/7", "/proc/self/fd/7/../../etc", "/proc/thread-self/fd/3", "//proc//1/root",
        "/proc/1/cwd",
        "/./proc/self/task/1/fd/3", "/dev/fd/3", "/dev/fd",
    ])
    func workingFoldersThatAreDescriptors(path: String) {
        let text = fault { $0.process?.cwd = path }
        #expect(text.hasPrefix("'process.cwd' is '"))
    }

    @Test(arguments: ["", "work", "../x", "/a/../b", "./"])
    func workingFoldersThatAreNotAbsolute(path: String) {
        let text = fault { $0.process?.cwd = path }
        #expect(text.hasPrefix("'process.cwd' is '"))
    }

    @Test(arguments: ["/", "/proc", "/proc/self", "/proc/sys/net", "/dev", "/process/self/fd", "/a..b/..c"])
    func workingFoldersThatAreFine(path: String) {
        #expect(fault { $0.process?.cwd = path } == "no error")
    }

    @Test func theSameHoldsForExec() {
        #expect(
            message {
                var validator = SpecValidator()
                try validator.check(Process(args: ["sh"], cwd: "/proc/self/fd/7"))
            }
                == "can't use the specification: field 'cwd' is '/proc/self/fd/7', which leads through another "
                + "process's files; give a folder of the container")
    }

    @Test func environment() {
        #expect(
            fault { $0.process?.env = ["A=b", "C"] } == "'process.env[1]' is no entry NAME=value; correct it")
        #expect(fault { $0.process?.env = ["=b"] } == "'process.env[0]' is no entry NAME=value; correct it")
        #expect(fault { $0.process?.env = ["A=\0"] } == "'process.env[0]' holds a NUL character; remove it")
        #expect(fault { $0.process?.env = ["A=b=c", "D="] } == "no error")
    }

    @Test func users() {
        #expect(
            fault { $0.process?.user = User(uid: .max) }
                == "'process.user.uid' is 4294967295, which is no id; give one below it")
        #expect(
            fault { $0.process?.user = User(additionalGids: [1, .max]) }
                == "'process.user.additionalGids[1]' is 4294967295, which is no id; give one below it")
        #expect(
            fault { $0.process?.user = User(umask: 0o1000) }
                == "'process.user.umask' is 512; give at most 511, octal 777")
        #expect(fault { $0.process?.user = User(uid: 2_147_483_648, gid: 4_294_967_294) } == "no error")
    }

    @Test func capabilities() throws {
        #expect(
            fault { $0.process?.capabilities = Capabilities(ambient: ["SYS_ADMIN"]) }
                == "'process.capabilities.ambient[0]' is 'SYS_ADMIN'; give a name that starts with CAP_")
        var validator = SpecValidator()
        try validator.check(
            SpecFixture.small { $0.process?.capabilities = Capabilities(bounding: ["CAP_CHOWN", "CAP_NEW"]) })
        #expect(
            validator.warnings == [
                "field 'process.capabilities.bounding[1]' is 'CAP_NEW', a capability that is not known; it is not granted"
            ])
    }

    @Test func rlimits() {
        #expect(
            fault { $0.process?.rlimits = [ResourceLimit(type: "RLIMIT_FOO", hard: 1, soft: 1)] }
                == "'process.rlimits[0].type' is 'RLIMIT_FOO', which is not known; give a known one")
        let one = ResourceLimit(type: "RLIMIT_CORE", hard: 1, soft: 1)
        #expect(
            fault { $0.process?.rlimits = [one, one] }
                == "'process.rlimits[1].type' is RLIMIT_CORE for the second time; remove one")
        #expect(
            fault { $0.process?.rlimits = [ResourceLimit(type: "RLIMIT_CORE", hard: 1, soft: 2)] }
                == "'process.rlimits[0].soft' is above 'hard', 1; lower it")
    }

    @Test func schedulingNames() {
        #expect(
            fault { $0.process?.oomScoreAdj = 1001 } == "'process.oomScoreAdj' is 1001; give -1000 to 1000")
        #expect(
            fault { $0.process?.ioPriority = IOPriority(class: "RT") }
                == "'process.ioPriority.class' is 'RT', which is not known; give one of IOPRIO_CLASS_BE, "
                + "IOPRIO_CLASS_IDLE, IOPRIO_CLASS_RT")
        let policy = fault { $0.process?.scheduler = Scheduler(policy: "SCHED_X") }
        #expect(policy.hasPrefix("'process.scheduler.policy'"))
    }

    @Test(arguments: ["", "data", "./data", "/a/../../etc", "/..", "/a\0b"])
    func mountDestinations(path: String) {
        let text = fault { $0.mounts = [Mount(destination: path)] }
        #expect(text.hasPrefix("'mounts[0].destination' "))
    }

    @Test func mounts() {
        #expect(
            fault { $0.mounts = [Mount(destination: "/a", type: "bind")] }
                == "'mounts[0].source' is empty on a bind mount; give the path to bind")
        #expect(
            fault { $0.mounts = Array(repeating: Mount(destination: "/a"), count: 5000) }
                == "'mounts' has 5000 members; give at most 4096")
        #expect(
            fault { $0.mounts = [Mount(destination: "/a", options: ["x\0"])] }
                == "'mounts[0].options[0]' holds a NUL character; remove it")
    }

    @Test func idMappings() {
        #expect(
            fault { $0.linux?.uidMappings = [IDMapping(containerID: 1, hostID: 0, size: .max)] }
                == "'linux.uidMappings[0].size' is 4294967295; give a range below 4294967296")
        #expect(
            fault { $0.linux?.gidMappings = [IDMapping(containerID: 0, hostID: 0, size: .max)] } == "no error"
        )
    }

    @Test func hooks() {
        #expect(
            fault { spec in
                spec.hooks = Hooks()
                spec.hooks?.poststop = [Hook(path: "hook")]
            } == "'hooks.poststop[0].path' is 'hook', which is not absolute; give an absolute path")
        #expect(
            fault { spec in
                spec.hooks = Hooks()
                spec.hooks?.prestart = [Hook(path: "/hook", timeout: 0)]
            } == "'hooks.prestart[0].timeout' is 0; give 1 to 86400 seconds, or none")
    }
}
