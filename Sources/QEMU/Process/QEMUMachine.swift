import Glibc
import Hypervisor
import Linux
import LoopSupport
import NIOCore
import RuntimeErrors
import Synchronization

/// A QEMU process and the shim's three connections to it.
final class QEMUMachine: RunningVM {
    let pid: pid_t

    private let sandbox: String
    private let loop: MainLoop
    private let pidfd: SharedDescriptor
    /// The control connection; other commands than those here go through it.
    let control: QMPClient
    private let console: ConsoleReader?
    private let output: OutputCollector
    private let events: EventRecord
    private let exit: EventLoopPromise<VMExit>
    private let isRequested = Mutex(false)

    /// How long the last words are waited for once the process has ended. They are in the kernel's buffers
    /// by then; only a stranger that holds the other ends can make this last.
    private static let drainTime = Duration.milliseconds(250)
    /// How long the end of a process may lag behind that of its connection.
    private static let endTime = Duration.seconds(1)
    /// How long QEMU may take to answer a command that does nothing slow.
    private static let commandTime = Duration.seconds(5)

    private init(
        pid: pid_t, sandbox: String, loop: MainLoop, pidfd: SharedDescriptor, control: QMPClient,
        console: ConsoleReader?, output: OutputCollector, events: EventRecord
    ) {
        self.pid = pid
        self.sandbox = sandbox
        self.loop = loop
        self.pidfd = pidfd
        self.control = control
        self.console = console
        self.output = output
        self.events = events
        self.exit = loop.eventLoop.makePromise()
    }

    /// Starts the process and connects; does not wait for it to say anything.
    static func start(
        _ command: MonitorCommand, _ plan: VMPlan, _ launch: MonitorLaunch, _ loop: MainLoop,
        _ children: any ChildWatcher
    ) async throws -> QEMUMachine {
        let descriptors = try LaunchDescriptors(for: command, plan, launch)
        let events = EventRecord(launch.onEvent)
        // The shim's own ends first: from the spawn on, nothing may fail that leaves a process behind.
        let control = try await QMPClient.open(descriptors.control.duplicated(), on: loop) { name, data in
            events.record(name, data)
        }
        var output: OutputCollector?
        var console: ConsoleReader?
        do {
            let collector = try await OutputCollector.open(descriptors.output.duplicated(), on: loop)
            output = collector
            console = try await openConsole(descriptors.console, plan, launch, loop)
            try CrashPoint.pass("monitor.spawn")
            let child = try withExtendedLifetime(descriptors) {
                try spawn(childLaunch(command, plan, launch, descriptors.placements))
            }
            let machine = QEMUMachine(
                pid: child.pid, sandbox: plan.sandbox.id, loop: loop, pidfd: child.pidfd, control: control,
                console: console, output: collector, events: events)
            children.onExit(of: child.pid) { status in machine.processEnded(status, children) }
            return machine
        } catch {
            control.close()
            output?.close()
            console?.finish()
            throw error
        }
    }

    /// Waits until QEMU answers and the guest runs.
    func waitUntilRunning() async throws {
        try CrashPoint.pass("monitor.greeting")
        try await control.negotiate()
        try CrashPoint.pass("monitor.status")
        let status = try await control.execute(QueryStatus(), deadline: Self.commandTime)
        guard status.running else {
            throw RuntimeError(
                .failedPrecondition,
                "can't run the guest: the machine is \(MonitorOutput.line(status.status).prefix(64))")
        }
    }

    /// Ends the process of a boot that failed, and says with what it ended and what it said.
    func giveUp(after error: any Error) async -> any Error {
        // A process that has ended by itself says more than the connection that broke. One that still holds
        // its connection has not ended.
        var ended: VMExit?
        if (error as? RuntimeError)?.code == .unavailable {
            ended = try? await loop.withDeadline(Self.endTime, "wait") { await self.waitForExit() }
        }
        let said = await lastWords()
        if ended == nil {
            kill()
            _ = await waitForExit()
        }
        if error is CancellationError { return error }
        let code = (error as? RuntimeError)?.code ?? .internalError
        if let ended {
            return RuntimeError(
                .unavailable,
                "can't boot sandbox '\(sandbox)': QEMU ended with \(ended.status.words) before the guest ran; see what it said",
                cause: said)
        }
        let reason = (error as? RuntimeError)?.description ?? "\(error)"
        return RuntimeError(
            code, "can't boot sandbox '\(sandbox)': QEMU did not start the guest (\(reason))", cause: said)
    }

    func waitForExit() async -> VMExit {
        // The promise never fails; a failure could only mean that the loop is gone, and the machine with it.
        (try? await exit.futureResult.get())
            ?? VMExit(status: .signaled(SIGKILL), reason: .unexpected, standardError: "")
    }

    func consoleTail(bytes: Int) async -> String {
        await console?.tail(bytes) ?? ""
    }

    var pauses: VMPauses {
        get async {
            var pauses = events.pauses
            if isStopped(pid) { pauses.isPaused = true }
            return pauses
        }
    }

    func stop(grace: Duration) async {
        try? CrashPoint.pass("monitor.quit")
        isRequested.withLock { $0 = true }
        // Whether it answers or not: what counts is that the process ends.
        _ = try? await loop.withDeadline(grace, "stop") {
            _ = try? await self.control.execute(Quit(), deadline: grace)
            _ = await self.waitForExit()
        }
        kill()
        _ = await waitForExit()
    }

    func kill() {
        try? CrashPoint.pass("monitor.kill")
        isRequested.withLock { $0 = true }
        // A process that has ended already needs no signal.
        try? sendSignal(SIGKILL, to: pidfd.raw)
    }

    private func lastWords() async -> MonitorOutput {
        MonitorOutput(standardError: await output.text(), console: await consoleTail(bytes: 2048))
    }

    /// Reads what the process has left in the buffers, then tells everybody.
    private func processEnded(_ status: ExitStatus, _ children: any ChildWatcher) {
        children.forget(pid)
        console?.drain()
        loop.task {
            let readers = [self.control.closed, self.output.closed, self.console?.closed].compactMap { $0 }
            _ = try? await self.loop.withDeadline(Self.drainTime, "drain") {
                for reader in readers { try await reader.get() }
            }
            self.control.close()
            self.output.close()
            self.console?.finish()
            let reason = self.isRequested.withLock { $0 } ? .requested : self.events.reason
            self.exit.succeed(
                VMExit(
                    status: VMExit.Status(status), reason: reason, standardError: await self.output.text()))
        }
    }
}
