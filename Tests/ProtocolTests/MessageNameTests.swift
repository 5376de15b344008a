import ContainerdProtocol
import SwiftProtobuf
import Testing

/// The full names that travel in the type URL of an Any: containerd looks them up as they are.
@Suite struct MessageNameTests {
    @Test(arguments: [
        (TaskCreate.self as any Message.Type, "containerd.events.TaskCreate"),
        (TaskStart.self, "containerd.events.TaskStart"),
        (TaskDelete.self, "containerd.events.TaskDelete"),
        (TaskExit.self, "containerd.events.TaskExit"),
        (TaskOOM.self, "containerd.events.TaskOOM"),
        (TaskExecAdded.self, "containerd.events.TaskExecAdded"),
        (TaskExecStarted.self, "containerd.events.TaskExecStarted"),
        (TaskPaused.self, "containerd.events.TaskPaused"),
        (TaskResumed.self, "containerd.events.TaskResumed"),
        (TaskCheckpointed.self, "containerd.events.TaskCheckpointed"),
        (CgroupMetrics.self, "io.containerd.cgroups.v2.Metrics"),
        (RuntimeOptions.self, "runtimeoptions.v1.Options"),
        (ContainerdRuntimeInfo.self, "containerd.types.RuntimeInfo"),
        (StreamInit.self, "containerd.services.streaming.v1.StreamInit"),
    ])
    func fullName(_ type: any Message.Type, _ name: String) {
        #expect(type.protoMessageName == name)
    }

    /// containerd sends type URLs without the usual prefix, and those must be recognised.
    @Test func anyWithoutPrefix() throws {
        var options = RuntimeOptions()
        options.configPath = "/etc/x"
        var any = Google_Protobuf_Any()
        any.typeURL = RuntimeOptions.protoMessageName
        any.value = try options.serializedBytes()
        #expect(any.isA(RuntimeOptions.self))
        #expect(!any.isA(CgroupMetrics.self))
        #expect(try RuntimeOptions(unpackingAny: any) == options)
    }
}
