import ContainerdProtocol
import OCI
import Sandbox
import SharedFilesystem
import SwiftProtobuf

/// An event as containerd reads it: its topic and its message.
struct EventMessage: Sendable {
    let topic: String
    /// The message's full name, without any prefix: containerd looks it up as it is.
    let typeName: String
    let bytes: [UInt8]

    private init(_ topic: String, _ message: some Message) throws {
        self.topic = topic
        self.typeName = Swift.type(of: message).protoMessageName
        self.bytes = try message.serializedBytes()
    }

    /// The wire form of an event.
    init(_ event: SandboxEvent) throws {
        switch event {
        case .created(let task):
            try self.init("/tasks/create", TaskCreate(task))
        case .started(let container, let pid):
            var message = TaskStart()
            message.containerID = container.rawValue
            message.pid = pid
            try self.init("/tasks/start", message)
        case .exited(let container, let process, let pid, let exit):
            var message = TaskExit()
            message.containerID = container.rawValue
            message.id = process
            message.pid = pid
            message.exitStatus = exit.status
            message.exitedAt = Google_Protobuf_Timestamp(exit)
            try self.init("/tasks/exit", message)
        case .deleted(let container, let process, let pid, let exit):
            var message = TaskDelete()
            message.containerID = container.rawValue
            message.id = process
            message.pid = pid
            message.exitStatus = exit.status
            message.exitedAt = Google_Protobuf_Timestamp(exit)
            try self.init("/tasks/delete", message)
        case .execAdded(let container, let exec):
            var message = TaskExecAdded()
            message.containerID = container.rawValue
            message.execID = exec.rawValue
            try self.init("/tasks/exec-added", message)
        case .execStarted(let container, let exec, let pid):
            var message = TaskExecStarted()
            message.containerID = container.rawValue
            message.execID = exec.rawValue
            message.pid = pid
            try self.init("/tasks/exec-started", message)
        case .paused(let container):
            var message = TaskPaused()
            message.containerID = container.rawValue
            try self.init("/tasks/paused", message)
        case .resumed(let container):
            var message = TaskResumed()
            message.containerID = container.rawValue
            try self.init("/tasks/resumed", message)
        case .outOfMemory(let container):
            var message = TaskOOM()
            message.containerID = container.rawValue
            try self.init("/tasks/oom", message)
        }
    }
}

extension TaskCreate {
    fileprivate init(_ task: SandboxEvent.TaskCreated) {
        self.init()
        containerID = task.container.rawValue
        bundle = task.bundle
        rootfs = task.rootfs.map { mount in
            var message = ContainerdMount()
            message.type = mount.type
            message.source = mount.source
            message.target = mount.target
            message.options = mount.options
            return message
        }
        io.stdin = task.stdio.stdin
        io.stdout = task.stdio.stdout
        io.stderr = task.stdio.stderr
        io.terminal = task.stdio.terminal
        pid = task.pid
    }
}

extension Google_Protobuf_Timestamp {
    /// When a process ended.
    init(_ exit: ExitRecord) {
        self.init(seconds: exit.seconds, nanos: exit.nanoseconds)
    }
}
