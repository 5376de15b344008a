import ContainerdProtocol
import OCI
import SwiftProtobuf
import Testing

@testable import Sandbox
@testable import ShimService

@Suite struct EventMessagesTests {
    private let container: ContainerID

    init() throws {
        container = try ContainerID(parsing: "c1")
    }

    @Test func exitOfTheFirstProcessHasTheContainersID() throws {
        let exit = ExitRecord(status: 137)
        let message = try EventMessage(.exited(container: container, process: "c1", pid: 7, exit))
        #expect(message.topic == "/tasks/exit")
        #expect(message.typeName == "containerd.events.TaskExit")
        let decoded = try TaskExit(serializedBytes: message.bytes)
        #expect(decoded.containerID == "c1")
        #expect(decoded.id == "c1")
        #expect(decoded.exitStatus == 137)
        #expect(decoded.exitedAt.seconds == exit.seconds)
    }

    @Test func namesAndTopics() throws {
        let exec = try ExecID(parsing: "e1")
        let stdio = StdioPaths(stdin: "", stdout: "/o", stderr: "", terminal: false)
        let events: [(SandboxEvent, String, String)] = [
            (
                .created(.init(container: container, bundle: "/b", rootfs: [], stdio: stdio, pid: 1)),
                "/tasks/create", "containerd.events.TaskCreate"
            ),
            (.started(container: container, pid: 1), "/tasks/start", "containerd.events.TaskStart"),
            (
                .deleted(container: container, process: "c1", pid: 1, ExitRecord(status: 0)), "/tasks/delete",
                "containerd.events.TaskDelete"
            ),
            (
                .execAdded(container: container, exec: exec), "/tasks/exec-added",
                "containerd.events.TaskExecAdded"
            ),
            (
                .execStarted(container: container, exec: exec, pid: 1), "/tasks/exec-started",
                "containerd.events.TaskExecStarted"
            ),
            (.paused(container: container), "/tasks/paused", "containerd.events.TaskPaused"),
            (.resumed(container: container), "/tasks/resumed", "containerd.events.TaskResumed"),
            (.outOfMemory(container: container), "/tasks/oom", "containerd.events.TaskOOM"),
        ]
        for (event, topic, name) in events {
            let message = try EventMessage(event)
            #expect(message.topic == topic)
            #expect(message.typeName == name)
        }
    }
}
