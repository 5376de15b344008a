import Hypervisor
import Linux
import LoopSupport
import NIOCore
import RuntimeErrors

/// Ends a step of a boot as soon as something is lost without which it can't succeed: the machine, a daemon
/// that serves it, or the files of the container that it boots for.
struct BootWatch: Sendable {
    /// How long a machine's own end may come after that of a daemon that has lost it.
    private static let endTime = Duration.seconds(1)

    let vm: any RunningVM
    let helpers: [HelperProcess]
    /// The files of the first container on their way into the share.
    let sharing: Task<Void, any Error>
    let loop: MainLoop

    /// Runs `body`; cancels it and throws what was lost as soon as something is.
    ///
    /// - Throws: what `body` throws with the console's last lines, or an error that says what has ended and what
    ///   it said.
    func run<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) async throws -> T {
        let promise = loop.eventLoop.makePromise(of: T.self)
        let work = loop.task {
            do {
                promise.succeed(try await body())
            } catch {
                let output = MonitorOutput(standardError: "", console: await vm.consoleTail(bytes: 2048))
                let code = (error as? RuntimeError)?.code ?? .unavailable
                promise.fail(RuntimeError(code, "\(error)", cause: output))
            }
        }
        @Sendable func giveUp(_ error: any Error) {
            promise.fail(error)
            work.cancel()
        }
        loop.task { giveUp(await accountOfMachine()) }
        for helper in helpers {
            helper.exited.whenSuccess { status in
                loop.task { giveUp(await account(of: helper, status)) }
            }
        }
        loop.task {
            do {
                try await sharing.value
            } catch {
                giveUp(error)
            }
        }
        return try await promise.futureResult.get()
    }

    private func accountOfMachine() async -> RuntimeError {
        let end = await vm.waitForExit()
        return RuntimeError(
            .unavailable,
            "can't boot the virtual machine: it ended (\(end.reason.rawValue)) before its agent was ready; look for the reason in what follows",
            cause: MonitorOutput(
                standardError: end.standardError, console: await vm.consoleTail(bytes: 2048)))
    }

    private func account(of helper: HelperProcess, _ status: ExitStatus) async -> RuntimeError {
        // A daemon that has lost its machine ends well; then the machine's end is what to tell.
        if status == .exited(0) {
            _ = try? await loop.withDeadline(Self.endTime, "wait") { await vm.waitForExit() }
        }
        return RuntimeError(
            .unavailable, "can't boot the virtual machine: \(await helper.account(of: status))")
    }
}
