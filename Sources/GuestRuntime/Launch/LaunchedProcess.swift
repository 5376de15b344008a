import CLinux
package import Glibc
package import Linux
import RuntimeErrors

/// A launcher at work, seen by the agent: first it prepares, then it waits for the word to execute.
///
/// The methods block; run them off the event loop.
package final class LaunchedProcess: Sendable {
    /// The process's pid for the agent.
    package let pid: pid_t
    /// Signals go by this descriptor.
    package let pidfd: SharedDescriptor
    private let control: SharedDescriptor

    /// Starts the launcher.
    ///
    /// - Throws: `RuntimeError` if it could not even be executed.
    package init(_ request: LaunchRequest) throws {
        do {
            var pair: [CInt] = [-1, -1]
            let kind = CInt(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue)
            try checkedErrno { socketpair(AF_UNIX, kind, 0, &pair) }
            control = SharedDescriptor(owning: pair[0])
            let theirs = OwnedDescriptor(owning: pair[1])
            let plan = try sealedMemoryFile("launch-plan", contents: try PlanCoder.encode(request.plan))
            let null = try openDescriptor("/dev/null", flags: O_RDWR)
            var sources = request.streams.prefix(3).map(\.raw)
            while sources.count < 3 { sources.append(null.raw) }
            sources += [theirs.raw, plan.raw]
            if let container = request.container { sources.append(container.raw) }
            (pid, pidfd) = try Self.spawn(request, sources)
        } catch let error as Errno {
            throw RuntimeError(error, "can't start the launcher '\(request.launcher)'")
        }
    }

    private static func spawn(
        _ request: LaunchRequest, _ sources: [CInt]
    ) throws(Errno) -> (pid_t, SharedDescriptor) {
        var arguments = [strdup(Launcher.programName), nil]
        defer { for pointer in arguments { free(pointer) } }
        var environment: [UnsafeMutablePointer<CChar>?] = [nil]
        var pidfd: CInt = -1
        let pid = request.launcher.withCString { path in
            arguments.withUnsafeMutableBufferPointer { arguments in
                environment.withUnsafeMutableBufferPointer { environment in
                    sources.withUnsafeBufferPointer { sources in
                        var launch = CLinux_launch(
                            path: path, arguments: arguments.baseAddress,
                            environment: environment.baseAddress,
                            sources: sources.baseAddress, source_count: CInt(sources.count),
                            namespaces: request.namespaces.rawValue, cgroup: request.cgroup?.raw ?? -1,
                            join: request.container?.raw ?? -1)
                        return CLinux_launch(&launch, &pidfd)
                    }
                }
            }
        }
        return (try checked(pid), SharedDescriptor(owning: pidfd))
    }

    /// Waits until the launcher is ready to execute.
    ///
    /// - Parameter milliseconds: after these the wait fails with `deadlineExceeded`.
    /// - Returns: the terminal's master, if the process has a terminal.
    /// - Throws: the launcher's own error, or `internalError` if it ended without a word.
    package func awaitReady(milliseconds: CInt) throws -> SharedDescriptor? {
        var terminal: SharedDescriptor?
        while true {
            let (message, descriptor) = try receive(milliseconds)
            switch message {
            case .terminal: terminal = descriptor
            case .ready: return terminal
            case .failed(let code, let text):
                throw RuntimeError(.init(rawValue: code) ?? .internalError, text)
            case nil:
                throw RuntimeError(.internalError, "can't start the process: its launcher ended silently")
            }
        }
    }

    /// Lets the launcher execute the command, and waits until it has.
    ///
    /// - Throws: the launcher's own error.
    package func release(milliseconds: CInt) throws {
        let go: [UInt8] = [1]
        // A launcher that was killed meanwhile has its exit reported like any other process.
        guard CLinux_packet_send(control.raw, go, go.count, -1) == 0 else { return }
        if case .failed(let code, let text) = try receive(milliseconds).0 {
            throw RuntimeError(.init(rawValue: code) ?? .internalError, text)
        }
    }

    private func receive(_ milliseconds: CInt) throws -> (LauncherMessage?, SharedDescriptor?) {
        var buffer = [UInt8](repeating: 0, count: LauncherMessage.maximumSize)
        var raw: CInt = -1
        do {
            let count = CLinux_packet_receive(control.raw, &buffer, buffer.count, &raw, milliseconds)
            let descriptor = raw >= 0 ? SharedDescriptor(owning: raw) : nil
            // A reset says the same as an end: the launcher is gone.
            if count == -Int(ECONNRESET) { return (nil, nil) }
            return (LauncherMessage(buffer.prefix(Int(try checked(count)))), descriptor)
        } catch {
            throw RuntimeError(error, "can't hear from the launcher of the process")
        }
    }
}
