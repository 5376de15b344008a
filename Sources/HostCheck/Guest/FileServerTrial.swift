package import Configuration
import Glibc
import Linux
import RuntimeErrors
import SharedFilesystem

/// Starts virtiofsd as a sandbox would, on an empty tree in a mount namespace of its own, and asks it one question
/// of its protocol.
package enum FileServerTrial {
    /// How long it may take to answer.
    private static let deadline = Duration.seconds(10)

    /// What is wrong; nil when it answers. Afterwards the daemon, the tree and the namespace are gone.
    package static func failure(_ configuration: VirtiofsdConfiguration) -> String? {
        do {
            return try run(configuration)
        } catch let error as RuntimeError {
            return error.description
        } catch {
            return "\(error)"
        }
    }

    /// The options as a sandbox has them.
    static func options(_ configuration: VirtiofsdConfiguration) throws(RuntimeError) -> VirtiofsOptions {
        try VirtiofsOptions(
            executable: configuration.path, sandboxID: "swiftlet-check",
            cache: VirtiofsOptions.Cache(rawValue: configuration.cache) ?? .auto,
            extraArguments: configuration.extraArguments)
    }

    private static func run(_ configuration: VirtiofsdConfiguration) throws -> String? {
        let options = try options(configuration)
        let tree = try SharedTree.create(holding: [configuration.path])
        let socket = try UnnamedListener()
        let errors = try makePipe()
        let reading = errors.read.raw
        try checkedErrno { fcntl(reading, F_SETFL, O_NONBLOCK) }
        let daemon = try withExtendedLifetime((socket, errors)) {
            try VirtiofsDaemon.start(
                options, serving: tree,
                VirtiofsDaemon.Environment(listener: socket.listener.raw, standardError: errors.write.raw))
        }
        defer {
            try? sendSignal(SIGKILL, to: daemon.pidfd.raw)
            _ = try? waitUntilExit(of: daemon.pid)
        }
        if try answers(socket.connection, daemon.pidfd) { return nil }
        var said = [UInt8](repeating: 0, count: 4096)
        let count = read(reading, &said, said.count)
        let text = String(decoding: said.prefix(max(0, count)), as: UTF8.self)
        return "virtiofsd does not answer" + (text.isEmpty ? "" : " and said '\(text)'")
    }

    /// VHOST_USER_GET_FEATURES: number 1, flags with version 1, no payload (vhost-user.rst of QEMU).
    private static let question: [UInt8] = [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]

    private static func answers(_ connection: SharedDescriptor, _ pidfd: SharedDescriptor) throws -> Bool {
        try writeAll(question, to: connection.raw)
        let end = ContinuousClock.now + deadline
        while ContinuousClock.now < end {
            var watched = [
                pollfd(fd: connection.raw, events: Int16(POLLIN), revents: 0),
                pollfd(fd: pidfd.raw, events: Int16(POLLIN), revents: 0),
            ]
            _ = poll(&watched, nfds_t(watched.count), 500)
            if watched[0].revents & Int16(POLLIN) != 0 {
                var answer = [UInt8](repeating: 0, count: 64)
                return read(connection.raw, &answer, answer.count) >= question.count && answer[0] == 1
            }
            if watched.contains(where: { $0.revents != 0 }) { return false }
        }
        return false
    }
}
