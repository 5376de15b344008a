import ContainerdProtocol
import FoundationEssentials
import SwiftProtobuf
import Testing

/// Messages of containerd, byte by byte. Every literal was written by hand from the tables of field
/// numbers: the first byte of a field is 8 times its number plus its kind (0 number, 1 eight bytes,
/// 2 length and bytes).
@Suite struct ContainerdMessageTests {
    @Test func createTaskRequest() throws {
        var request = CreateTaskRequest()
        request.id = "c1"
        request.bundle = "/b"
        var mount = ContainerdMount()
        mount.type = "bind"
        mount.source = "/s"
        mount.target = "/t"
        mount.options = ["ro", "rw"]
        request.rootfs = [mount]
        request.terminal = true
        request.stdin = "i"
        request.stdout = "o"
        request.stderr = "e"
        request.checkpoint = "k"
        request.parentCheckpoint = "p"
        request.options.typeURL = "u"
        request.options.value = Data([7])
        try expectCoding(
            request,
            """
            0a 02 6331
            12 02 2f62
            1a 16  0a 04 62696e64  12 02 2f73  1a 02 2f74  22 02 726f  22 02 7277
            20 01
            2a 01 69
            32 01 6f
            3a 01 65
            42 01 6b
            4a 01 70
            52 06  0a 01 75  12 01 07
            """)
    }

    @Test func stateResponse() throws {
        var response = StateResponse()
        response.id = "c"
        response.bundle = "b"
        response.pid = 300
        response.status = .stopped
        response.stdin = "i"
        response.stdout = "o"
        response.stderr = "e"
        response.terminal = true
        response.exitStatus = 137
        response.exitedAt.seconds = 1
        response.exitedAt.nanos = 2
        response.execID = "x"
        try expectCoding(
            response,
            """
            0a 01 63
            12 01 62
            18 ac02
            20 03
            2a 01 69
            32 01 6f
            3a 01 65
            40 01
            48 8901
            52 04  08 01  10 02
            5a 01 78
            """)
    }

    @Test func deleteResponse() throws {
        var response = DeleteResponse()
        response.pid = 1
        response.exitStatus = 255
        response.exitedAt.seconds = 3
        try expectCoding(response, "08 01  10 ff01  1a 02 08 03")
    }

    @Test func execProcessRequest() throws {
        var request = ExecProcessRequest()
        request.id = "c"
        request.execID = "x"
        request.terminal = true
        request.stdin = "i"
        request.stdout = "o"
        request.stderr = "e"
        request.spec.typeURL = "u"
        try expectCoding(
            request, "0a 01 63  12 01 78  18 01  22 01 69  2a 01 6f  32 01 65  3a 03 0a 01 75")
    }

    @Test func killRequest() throws {
        var request = KillRequest()
        request.id = "c"
        request.execID = "x"
        request.signal = 15
        request.all = true
        try expectCoding(request, "0a 01 63  12 01 78  18 0f  20 01")
    }

    @Test func pidsResponse() throws {
        var process = TaskProcessInfo()
        process.pid = 5
        process.info.typeURL = "u"
        var response = PidsResponse()
        response.processes = [process]
        try expectCoding(response, "0a 07  08 05  12 03 0a 01 75")
    }

    @Test func connectResponse() throws {
        var response = ConnectResponse()
        response.shimPid = 1
        response.taskPid = 2
        response.version = "3"
        try expectCoding(response, "08 01  10 02  1a 01 33")
    }

    @Test func taskExit() throws {
        var event = TaskExit()
        event.containerID = "c1"
        event.id = "e1"
        event.pid = 300
        event.exitStatus = 137
        event.exitedAt.seconds = 1
        event.exitedAt.nanos = 2
        try expectCoding(event, "0a 02 6331  12 02 6531  18 ac02  20 8901  2a 04 08 01 10 02")
    }

    /// The id of the process comes last here, unlike in TaskExit.
    @Test func taskDelete() throws {
        var event = TaskDelete()
        event.containerID = "c"
        event.pid = 1
        event.exitStatus = 2
        event.exitedAt.seconds = 3
        event.id = "e"
        try expectCoding(event, "0a 01 63  10 01  18 02  22 02 08 03  2a 01 65")
    }

    @Test func taskCreate() throws {
        var event = TaskCreate()
        event.containerID = "c"
        event.bundle = "b"
        var mount = ContainerdMount()
        mount.type = "t"
        event.rootfs = [mount]
        event.io.stdin = "i"
        event.io.stdout = "o"
        event.io.stderr = "e"
        event.io.terminal = true
        event.checkpoint = "k"
        event.pid = 9
        try expectCoding(
            event,
            "0a 01 63  12 01 62  1a 03 0a 01 74  22 0b 0a 01 69 12 01 6f 1a 01 65 20 01  2a 01 6b  30 09")
    }

    @Test func forwardRequest() throws {
        var request = ForwardRequest()
        request.envelope.timestamp.seconds = 1
        request.envelope.namespace = "n"
        request.envelope.topic = "t"
        request.envelope.event.typeURL = "u"
        request.envelope.event.value = Data([1, 2])
        try expectCoding(
            request, "0a 13  0a 02 08 01  12 01 6e  1a 01 74  22 07 0a 01 75 12 02 0102")
    }

    @Test func createSandboxRequest() throws {
        var request = CreateSandboxRequest()
        request.sandboxID = "s"
        request.bundlePath = "b"
        request.rootfs = [ContainerdMount()]
        request.options.typeURL = "u"
        request.netnsPath = "n"
        request.annotations = ["k": "v"]
        try expectCoding(
            request, "0a 01 73  12 01 62  1a 00  22 03 0a 01 75  2a 01 6e  32 06 0a 01 6b 12 01 76")
    }

    @Test func bootstrapParams() throws {
        var parameters = BootstrapParams()
        parameters.instanceID = "i"
        parameters.namespace = "n"
        parameters.logLevel = .debug
        parameters.containerdVersion = "v"
        parameters.containerdTtrpcAddress = "t"
        parameters.containerdGrpcAddress = "g"
        parameters.containerdBinary = "b"
        var item = BootstrapExtension()
        item.value.typeURL = "u"
        parameters.extensions = [item]
        parameters.socketDir = ""
        // A negative enumeration value takes ten bytes; an empty socket folder is present all the same.
        try expectCoding(
            parameters,
            """
            0a 01 69  12 01 6e  18 fcffffffffffffffff01  22 01 76  2a 01 74  32 01 67  3a 01 62
            42 05 0a 03 0a 01 75  4a 00
            """)
        #expect(parameters.hasSocketDir)
    }

    @Test func bootstrapResult() throws {
        var result = BootstrapResult()
        result.version = 3
        result.address = "a"
        result.protocol = "p"
        result.metadata = ["k": "v"]
        try expectCoding(result, "08 03  12 01 61  1a 01 70  2a 06 0a 01 6b 12 01 76")
    }

    @Test func runtimeInfo() throws {
        var info = ContainerdRuntimeInfo()
        info.name = "n"
        info.version.version = "v"
        info.version.revision = "r"
        info.options.typeURL = "o"
        info.features.typeURL = "f"
        info.annotations = ["k": "v"]
        try expectCoding(
            info, "0a 01 6e  12 06 0a 01 76 12 01 72  1a 03 0a 01 6f  22 03 0a 01 66  2a 06 0a 01 6b 12 01 76"
        )
    }

    @Test func runtimeOptions() throws {
        var options = RuntimeOptions()
        options.typeURL = "u"
        options.configPath = "p"
        options.configBody = Data([9])
        try expectCoding(options, "0a 01 75  12 01 70  1a 01 09")
    }

    /// There is no field 3; the fields of a CPU's statistics jump back to bursts at 8.
    @Test func cgroupMetrics() throws {
        var metrics = CgroupMetrics()
        metrics.pids.current = 1
        metrics.cpu.usageUsec = 2
        metrics.cpu.burstUsec = 3
        metrics.cpu.psi.some.avg10 = 1
        metrics.memory.inactiveFile = 4
        metrics.memory.usage = 5
        metrics.memory.usageLimit = 6
        metrics.io.usage = [CgroupIOEntry()]
        metrics.memoryEvents.oomKill = 7
        var network = CgroupNetworkStat()
        network.name = "e"
        network.txBytes = 8
        metrics.network = [network]
        try expectCoding(
            metrics,
            """
            0a 02  08 01
            12 11  08 02  3a 0b 0a 09 09 000000000000f03f  48 03
            22 08  68 04  8002 05  8802 06
            32 02  0a 00
            42 02  28 07
            4a 05  0a 01 65  30 08
            """)
    }
}
