import AgentProtocol
import FoundationEssentials
import SwiftProtobuf
import Testing

/// Messages of the guest agent, byte by byte, written by hand like those of ``ContainerdMessageTests``.
@Suite struct AgentMessageTests {
    @Test func createContainerRequest() throws {
        var request = AgentCreateContainerRequest()
        request.containerID = "c"
        request.execID = "x"
        request.stringUser.uid = "u"
        request.stringUser.gid = "g"
        request.stringUser.additionalGids = ["a"]
        request.devices = [AgentDevice()]
        request.storages = [AgentStorage()]
        request.oci.version = "1"
        request.sandboxPidns = true
        request.sharedMounts = [AgentSharedMount()]
        request.stdinPort = 1
        request.stdoutPort = 2
        request.stderrPort = 3
        try expectCoding(
            request,
            """
            0a 01 63  12 01 78  1a 09 0a 01 75 12 01 67 1a 01 61  22 00  2a 00  32 03 0a 01 31
            38 01  42 00  48 01  50 02  58 03
            """)
    }

    @Test func createSandboxRequest() throws {
        var request = AgentCreateSandboxRequest()
        request.hostname = "h"
        request.dns = ["d"]
        request.storages = [AgentStorage()]
        request.sandboxPidns = true
        request.sandboxID = "s"
        request.guestHookPath = "g"
        var module = AgentKernelModule()
        module.name = "m"
        module.parameters = ["p"]
        request.kernelModules = [module]
        try expectCoding(
            request,
            "0a 01 68  12 01 64  1a 00  20 01  2a 01 73  32 01 67  3a 06 0a 01 6d 12 01 70")
    }

    @Test func execProcessRequest() throws {
        var request = AgentExecProcessRequest()
        request.containerID = "c"
        request.execID = "x"
        request.stringUser = AgentStringUser()
        request.process.terminal = true
        request.stdinPort = 1
        request.stdoutPort = 2
        request.stderrPort = 3
        try expectCoding(request, "0a 01 63  12 01 78  1a 00  22 02 08 01  28 01  30 02  38 03")
    }

    @Test func storage() throws {
        var storage = AgentStorage()
        storage.driver = "d"
        storage.driverOptions = ["o"]
        storage.source = "s"
        storage.fstype = "f"
        storage.options = ["p"]
        storage.mountPoint = "m"
        storage.fsGroup = AgentFSGroup()
        storage.shared = true
        try expectCoding(
            storage, "0a 01 64  12 01 6f  1a 01 73  22 01 66  2a 01 70  32 01 6d  3a 00  40 01")
    }

    /// There is no field 1.
    @Test func fsGroup() throws {
        var group = AgentFSGroup()
        group.groupID = 300
        group.groupChangePolicy = .onRootMismatch
        try expectCoding(group, "10 ac02  18 01")
    }

    /// There is no field 1.
    @Test func reseedRandomDevRequest() throws {
        var request = AgentReseedRandomDevRequest()
        request.data = Data([0xaa])
        try expectCoding(request, "12 01 aa")
    }

    @Test func process() throws {
        var process = AgentProcess()
        process.terminal = true
        process.consoleSize.height = 24
        process.consoleSize.width = 80
        process.user.uid = 1
        process.user.gid = 2
        process.user.additionalGids = [3, 300]
        process.user.username = "u"
        process.args = ["a"]
        process.env = ["e"]
        process.cwd = "w"
        process.capabilities.bounding = ["b"]
        process.capabilities.effective = ["e"]
        process.capabilities.inheritable = ["i"]
        process.capabilities.permitted = ["p"]
        process.capabilities.ambient = ["a"]
        var limit = AgentPOSIXRlimit()
        limit.type = "t"
        limit.hard = 2
        limit.soft = 1
        process.rlimits = [limit]
        process.noNewPrivileges = true
        process.apparmorProfile = "p"
        process.oomScoreAdj = -1
        process.selinuxLabel = "s"
        // Group numbers are packed; a negative number takes ten bytes.
        try expectCoding(
            process,
            """
            08 01
            12 04  08 18  10 50
            1a 0c  08 01  10 02  1a 03 03 ac02  22 01 75
            22 01 61
            2a 01 65
            32 01 77
            3a 0f  0a 01 62  12 01 65  1a 01 69  22 01 70  2a 01 61
            42 07  0a 01 74  10 02  18 01
            48 01
            52 01 70
            58 ffffffffffffffffff01
            62 01 73
            """)
    }

    /// What is said to be zero is sent, unlike what is not said.
    @Test func zeroInAProcess() throws {
        var process = AgentProcess()
        try expectCoding(process, "")
        process.noNewPrivileges = false
        process.oomScoreAdj = 0
        process.user.umask = 0
        try expectCoding(process, "1a 03  c03e 00  48 00  58 00")
    }

    @Test func scheduling() throws {
        var process = AgentProcess()
        process.scheduler.policy = "p"
        process.scheduler.nice = 1
        process.scheduler.priority = 2
        process.scheduler.flags = ["f"]
        process.scheduler.runtime = 3
        process.scheduler.deadline = 4
        process.scheduler.period = 5
        process.ioPriority.class = "c"
        process.ioPriority.priority = 6
        process.execCpuAffinity = "0"
        try expectCoding(
            process,
            """
            c23e 10  0a 01 70  10 01  18 02  22 01 66  28 03  30 04  38 05
            ca3e 05  0a 01 63  10 06
            d23e 01 30
            """)
    }

    @Test func spec() throws {
        var spec = AgentSpec()
        spec.version = "1"
        spec.process = AgentProcess()
        spec.root.path = "r"
        spec.root.readonly = true
        spec.hostname = "h"
        var mount = AgentMount()
        mount.destination = "d"
        mount.source = "s"
        mount.type = "t"
        mount.options = ["o"]
        spec.mounts = [mount]
        spec.hooks.startContainer = [AgentHook()]
        spec.annotations = ["k": "v"]
        spec.linux.uidMappings = [AgentLinuxIDMapping()]
        spec.linux.sysctl = ["k": "v"]
        spec.linux.cgroupsPath = "c"
        spec.linux.maskedPaths = ["m"]
        spec.linux.readonlyPaths = ["r"]
        spec.linux.mountLabel = "l"
        try expectCoding(
            spec,
            """
            0a 01 31
            12 00
            1a 05  0a 01 72  10 01
            22 01 68
            2a 0c  0a 01 64  12 01 73  1a 01 74  22 01 6f
            32 02  32 00
            3a 06  0a 01 6b  12 01 76
            42 16  0a 00  1a 06 0a 01 6b 12 01 76  2a 01 63  52 01 6d  5a 01 72  62 01 6c
            """)
    }

    /// Our own addition: its number is far from those that others may use, and its absence tells.
    @Test func userWithUmask() throws {
        var user = AgentUser()
        user.uid = 1
        #expect(!user.hasUmask)
        user.umask = 0
        try expectCoding(user, "08 01  c03e 00")
    }

    /// The error number is told apart from zero: it stands between the action and the arguments.
    @Test func linuxSyscall() throws {
        var rule = AgentLinuxSyscall()
        rule.names = ["n"]
        rule.action = "a"
        var argument = AgentLinuxSeccompArg()
        argument.index = 1
        argument.value = 2
        argument.valueTwo = 3
        argument.op = "o"
        rule.args = [argument]
        try expectCoding(rule, "0a 01 6e  12 01 61  22 09 08 01 10 02 18 03 22 01 6f")
        #expect(!rule.hasErrnoRet)
        rule.errnoRet = 0
        try expectCoding(rule, "0a 01 6e  12 01 61  18 00  22 09 08 01 10 02 18 03 22 01 6f")
    }

    @Test func linuxResources() throws {
        var resources = AgentLinuxResources()
        var device = AgentLinuxDeviceCgroup()
        device.allow = true
        device.type = "c"
        device.major = -1
        device.minor = 5
        device.access = "r"
        resources.devices = [device]
        resources.memory.limit = 1
        resources.memory.disableOomKiller = true
        resources.cpu.shares = 2
        resources.cpu.quota = 3
        resources.cpu.period = 4
        resources.cpu.cpus = "0"
        resources.cpu.mems = "1"
        resources.pids.limit = 6
        resources.hugepageLimits = [AgentLinuxHugepageLimit()]
        try expectCoding(
            resources,
            """
            0a 15  08 01  12 01 63  18 ffffffffffffffffff01  20 05  2a 01 72
            12 04  08 01  38 01
            1a 0c  08 02  10 03  18 04  32 01 30  3a 01 31
            22 02  08 06
            32 00
            """)
    }

    @Test func interface() throws {
        var interface = AgentInterface()
        interface.device = "d"
        interface.name = "n"
        var address = AgentIPAddress()
        address.family = .v6
        address.address = "a"
        address.mask = "m"
        interface.ipAddresses = [address]
        interface.mtu = 1500
        interface.hwAddr = "h"
        interface.devicePath = "p"
        interface.type = "t"
        interface.rawFlags = 128
        try expectCoding(
            interface,
            """
            0a 01 64  12 01 6e  1a 08 08 01 12 01 61 1a 01 6d  20 dc0b  2a 01 68  32 01 70  3a 01 74
            40 8001
            """)
    }

    @Test func statistics() throws {
        var response = AgentStatsContainerResponse()
        response.cgroupStats.cpuStats.cpuUsage.totalUsage = 1
        response.cgroupStats.memoryStats.usage.usage = 2
        response.cgroupStats.memoryStats.usage.limit = 3
        response.cgroupStats.memoryStats.stats = ["k": 4]
        response.cgroupStats.pidsStats.current = 5
        var network = AgentNetworkStats()
        network.name = "e"
        response.networkStats = [network]
        try expectCoding(
            response,
            """
            0a 19  0a 04 0a 02 08 01  12 0d 12 04 08 02 20 03 32 05 0a 01 6b 10 04  1a 02 08 05
            12 03  0a 01 65
            """)
    }

    @Test func guestDetailsResponse() throws {
        var response = AgentGuestDetailsResponse()
        response.memBlockSizeBytes = 128
        response.agentDetails.version = "v"
        response.agentDetails.initDaemon = true
        response.agentDetails.deviceHandlers = ["d"]
        response.agentDetails.storageHandlers = ["s"]
        response.agentDetails.supportsSeccomp = true
        response.agentDetails.extraFeatures = ["e"]
        response.supportMemHotplugProbe = true
        try expectCoding(
            response, "08 8001  12 10 0a 01 76 10 01 1a 01 64 22 01 73 28 01 32 01 65  18 01")
    }

    /// Fields that are absent leave a setting alone; zero and false change it.
    @Test func memoryAgentSettings() throws {
        var settings = AgentMemAgentCompactConfig()
        settings.disabled = false
        settings.compactSecMax = -1
        settings.compactForceTimes = 0
        try expectCoding(settings, "08 00  28 ffffffffffffffffff01  40 00")
        #expect(!settings.hasCompactOrder)
    }

    @Test func healthCheckResponse() throws {
        var response = AgentHealthCheckResponse()
        response.status = .serving
        try expectCoding(response, "08 01")
    }
}
