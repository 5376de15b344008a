package import OCI
package import SharedFilesystem

/// What happened to a task, in the order in which it must be told.
package enum SandboxEvent: Sendable {
    case created(TaskCreated)
    case started(container: ContainerID, pid: UInt32)
    case exited(container: ContainerID, process: String, pid: UInt32, ExitRecord)
    case deleted(container: ContainerID, process: String, pid: UInt32, ExitRecord)
    case execAdded(container: ContainerID, exec: ExecID)
    case execStarted(container: ContainerID, exec: ExecID, pid: UInt32)
    case paused(container: ContainerID)
    case resumed(container: ContainerID)
    case outOfMemory(container: ContainerID)

    /// The facts of a new task.
    package struct TaskCreated: Sendable {
        package var container: ContainerID
        package var bundle: String
        package var rootfs: [RootfsMount]
        package var stdio: StdioPaths
        package var pid: UInt32
    }
}

/// Where events go: in order, without blocking the caller.
package protocol SandboxEventSink: Sendable {
    /// Queues an event for delivery.
    func publish(_ event: SandboxEvent)
}
