import AgentProtocol
import ContainerdProtocol
import Testing

@testable import TTRPC

/// What servers register: names and methods as they are on the wire.
@Suite struct ServiceDescriptionTests {
    struct NoTask: TaskService {}
    struct NoSandbox: SandboxService {}
    struct NoEvents: EventsService {}
    struct NoStreaming: StreamingService {}
    struct NoAgent: AgentServiceProtocol {}
    struct NoHealth: HealthService {}

    static let taskMethods = """
        State Create Start Delete Pids Pause Resume Checkpoint Kill Exec ResizePty CloseIO Update Wait Stats
        Connect Shutdown
        """
    static let sandboxMethods = """
        CreateSandbox StartSandbox Platform StopSandbox WaitSandbox SandboxStatus PingSandbox ShutdownSandbox
        SandboxMetrics
        """
    static let agentMethods = """
        CreateContainer StartContainer RemoveContainer ExecProcess SignalProcess WaitProcess UpdateContainer
        UpdateEphemeralMounts StatsContainer PauseContainer ResumeContainer RemoveStaleVirtiofsShareMounts
        GetDiagnosticData WriteStdin ReadStdout ReadStderr CloseStdin TtyWinResize UpdateInterface UpdateRoutes
        ListInterfaces ListRoutes AddARPNeighbors GetIPTables SetIPTables GetMetrics MemAgentMemcgSet
        MemAgentCompactSet CreateSandbox DestroySandbox OnlineCPUMem ReseedRandomDev GetGuestDetails
        MemHotplugByProbe SetGuestDateTime CopyFile GetOOMEvent AddSwap AddSwapPath GetVolumeStats ResizeVolume
        SetPolicy
        """

    @Test(arguments: [
        (NoTask().description(), "containerd.task.v2.Task", taskMethods),
        (NoTask().description(named: "containerd.task.v3.Task"), "containerd.task.v3.Task", taskMethods),
        (NoSandbox().description(), "containerd.runtime.sandbox.v1.Sandbox", sandboxMethods),
        (NoEvents().description(), "containerd.services.events.ttrpc.v1.Events", "Forward"),
        (NoStreaming().description(), "containerd.services.streaming.v1.Streaming", "Stream"),
        (NoAgent().description(), "grpc.AgentService", agentMethods),
        (NoHealth().description(), "grpc.Health", "Check Version"),
    ])
    func methods(_ service: ServiceDescription, _ name: String, _ methods: String) {
        #expect(service.name == name)
        let expected = methods.split(whereSeparator: \.isWhitespace).map(String.init)
        #expect(service.methods.keys.sorted() == expected.sorted())
        for (key, method) in service.methods { #expect(method.name == key) }
    }

    @Test func aMethodNobodyImplementedIsUnimplemented() async {
        let context = CallContext(service: "containerd.task.v2.Task", method: "Pause")
        await #expect {
            try await NoTask().pause(PauseRequest(), context)
        } throws: { error in
            (error as? TTRPCError)?.code == .unimplemented && "\(error)".contains("'Pause'")
        }
    }
}
