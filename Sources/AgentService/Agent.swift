package import GuestRuntime
package import LoopSupport
import NIOCore
import RuntimeErrors

/// The guest's half of the runtime: containers, their processes and the sandbox around them.
package actor Agent {
    let surroundings: Surroundings
    let log: AgentLog
    let loop: MainLoop
    let children: ChildMonitor
    let effects: EffectThread
    let memoryWatch: MemoryWatch
    let devices: DevicePreparation
    let finish: EventLoopPromise<Void>
    var containers: [String: Container] = [:]
    /// Ids of containers that are being made.
    var reserved: Set<String> = []
    /// What is mounted for the sandbox.
    var storages: [StorageMount] = []

    /// How long the launcher may take to prepare, in milliseconds; the host gives up a little later.
    static let launchDeadline: Int32 = 50_000

    package init(
        _ surroundings: Surroundings, _ devices: DeviceSettings, log: AgentLog, on loop: MainLoop,
        children: ChildMonitor
    ) async throws {
        self.surroundings = surroundings
        self.log = log
        self.loop = loop
        self.children = children
        let effects = EffectThread(for: loop)
        self.effects = effects
        self.devices = DevicePreparation(devices, effects: effects, loop: loop, log: log)
        memoryWatch = try await MemoryWatch(on: loop)
        finish = loop.eventLoop.makePromise(of: Void.self)
    }

    /// Returns when the host has asked for the end.
    package nonisolated func waitUntilFinished() async throws {
        try await finish.futureResult.get()
    }

    /// The container of this id.
    ///
    /// - Throws: `notFound`.
    func container(_ id: String) throws(RuntimeError) -> Container {
        guard let container = containers[id], container.state != .removing else {
            throw RuntimeError(.notFound, "can't find container '\(id)'")
        }
        return container
    }

    /// Runs a blocking effect on the helper thread.
    func effect<T: Sendable>(_ what: String, _ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await effects.run(what, deadline: .seconds(60), body)
    }
}

extension Agent {
    /// The cgroup of a container.
    func cgroup(of id: String) throws(RuntimeError) -> ContainerCgroup {
        try container(id).cgroup
    }
}
