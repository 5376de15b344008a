import Glibc
import Linux
import RuntimeErrors

extension Programs {
    /// Really runs programs, one at a time, on the calling thread.
    ///
    /// A program gets nothing but its descriptors, an empty environment and, where the caller may make them,
    /// process, network and IPC namespaces of its own: nothing that it starts outlives it. It is killed when the
    /// calling thread ends, however that comes about; so a signal to the caller needs no handler.
    package static func real(isolated: Bool) -> Programs {
        Programs { run, isEnough in
            do {
                return try ProgramRunner(run, isolated: isolated).outcome(isEnough)
            } catch let error as RuntimeError {
                return ProgramOutcome(.notStarted(error.description), "")
            } catch {
                return ProgramOutcome(.notStarted("\(error)"), "")
            }
        }
    }
}

/// One running program.
private struct ProgramRunner {
    private let pid: pid_t
    private let pidfd: SharedDescriptor
    private let stream: SharedDescriptor
    private let start = ContinuousClock.now
    private let end: ContinuousClock.Instant
    private let silentEnd: ContinuousClock.Instant

    init(_ run: ProgramRun, isolated: Bool) throws {
        let null = try openDescriptor("/dev/null", flags: O_RDONLY).shared()
        let ends: (read: SharedDescriptor, write: SharedDescriptor)
        if let given = run.conversation {
            ends = (given.ours, given.theirs)
        } else {
            ends = try makePipe()
        }
        stream = ends.read
        let raw = stream.raw
        try checkedErrno { fcntl(raw, F_SETFL, O_NONBLOCK) }
        var launch = ChildLaunch(
            executable: run.executable, arguments: [run.executable] + run.arguments,
            descriptors: [(null.raw, 0), (ends.write.raw, 1), (ends.write.raw, 2)])
        for (index, descriptor) in run.descriptors.enumerated() {
            launch.descriptors.append((descriptor.raw, 3 + CInt(clamping: index)))
        }
        launch.workingDirectory = "/"
        launch.parentDeathSignal = SIGKILL
        launch.newSession = true
        launch.newNamespaces = isolated ? [.pid, .network, .ipc] : []
        launch.resourceLimits = [ResourceLimit(.core, soft: 0, hard: 0)]
        (pid, pidfd) = try withExtendedLifetime((null, ends, run.descriptors)) { try spawn(launch) }
        end = start + run.deadline
        silentEnd = start + (run.silence ?? run.deadline)
    }

    /// Reads until one of the three ends.
    func outcome(_ isEnough: (String) -> Bool) -> ProgramOutcome {
        var bytes: [UInt8] = []
        while true {
            let now = ContinuousClock.now
            guard now < end, !bytes.isEmpty || now < silentEnd, bytes.count < ProgramRun.outputLimit else {
                return ProgramOutcome(kill() ?? .timedOut, text(bytes))
            }
            let hasEnded = wait(until: bytes.isEmpty ? min(end, silentEnd) : end)
            _ = read(into: &bytes)
            if !hasEnded, isEnough(text(bytes)) {
                _ = kill()
                return ProgramOutcome(.satisfied, text(bytes))
            }
            guard hasEnded else { continue }
            // What it left in the pipe; a process of its own that still holds the pipe is not waited for.
            while bytes.count < ProgramRun.outputLimit, read(into: &bytes) {}
            return ProgramOutcome(kill() ?? .timedOut, text(bytes))
        }
    }

    /// Waits for output or the end of the process, at most half a second. Whether the process has ended.
    private func wait(until deadline: ContinuousClock.Instant) -> Bool {
        let left = (deadline - .now) / .milliseconds(1)
        var watched = [
            pollfd(fd: stream.raw, events: Int16(POLLIN), revents: 0),
            pollfd(fd: pidfd.raw, events: Int16(POLLIN), revents: 0),
        ]
        _ = poll(&watched, nfds_t(watched.count), CInt(max(0, min(left, 500))))
        if watched[1].revents != 0 { return true }
        // A stream that is over is always ready, and says nothing any more.
        if watched[0].revents & Int16(POLLIN) == 0, watched[0].revents != 0 { usleep(10_000) }
        return false
    }

    /// Takes what there is to read; false when there is nothing.
    private func read(into bytes: inout [UInt8]) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 16384)
        let count = Glibc.read(stream.raw, &chunk, chunk.count)
        guard count > 0 else { return false }
        bytes += chunk[..<count]
        return true
    }

    /// Kills the process with its session and reaps it. How it ended, if that came about by itself.
    private func kill() -> ProgramOutcome.End? {
        // The group first: as long as the process is not reaped, its number is nobody else's.
        let status = hasEnded
        Glibc.kill(-pid, SIGKILL)
        try? sendSignal(SIGKILL, to: pidfd.raw)
        guard let end = try? waitUntilExit(of: pid), status else { return nil }
        return .ended(end)
    }

    private var hasEnded: Bool {
        var watched = pollfd(fd: pidfd.raw, events: Int16(POLLIN), revents: 0)
        return poll(&watched, 1, 0) == 1
    }

    private func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}
