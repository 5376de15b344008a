import Configuration
import ContainerdProtocol
import Glibc
import Linux
package import OCI
import RuntimeErrors
package import Sandbox

/// `start`: finds or starts the shim of a task's sandbox and says where it listens.
package struct StartVerb: Sendable {
    /// The number of the listening socket in the process that serves.
    package static let listenerDescriptor: CInt = 3

    let flags: ShimFlags
    let environment: ShimEnvironment
    /// The bundle: the working directory.
    let bundle: Bundle

    /// The verb for a command line, in the bundle that is the working directory.
    package init(_ flags: ShimFlags, _ environment: ShimEnvironment, bundle: Bundle) {
        self.flags = flags
        self.environment = environment
        self.bundle = bundle
    }

    /// Does it.
    ///
    /// - Parameter input: the bytes of standard input.
    /// - Parameter answer: writes the text for standard output. A shim that was started for it lives on only when
    ///   it succeeds.
    package func run(input: [UInt8], answer: (String) throws -> Void) throws {
        let id = try ContainerID(parsing: flags.id)
        let bootstrap = BootstrapInput(input, id: flags.id, namespace: flags.namespace)
        let annotations = try bundle.annotations()
        let sandbox = try Self.sandbox(of: id, annotations ?? [:])
        let address = SocketAddress(
            containerdAddress: flags.address, namespace: flags.namespace, sandbox: sandbox)
        var confirmation: StartConfirmation?
        if try probeUnixSocket(address.path) != .live {
            confirmation = try launch(
                at: address, ttrpcAddress: bootstrap.ttrpcAddress ?? environment.ttrpcAddress)
        } else if sandbox == id {
            throw RuntimeError(
                .alreadyExists,
                "can't start a shim for '\(id.rawValue)': one listens at '\(address.path)' already; delete that task first"
            )
        }
        try CrashPoint.pass("start.address")
        try write(address.url, to: "address")
        try CrashPoint.pass("start.answer")
        let configuration = try? loadConfiguration(try RuntimeOptions(any: bootstrap.options))
        let caller = StartAnswer.Caller(
            setsMaximumVersion: environment.setsMaximumVersion,
            sentBootstrapParameters: bootstrap.isBootstrapParameters,
            usesSandboxBundle: annotations == nil
                && bundle.path.split(separator: "/").contains {
                    $0.hasPrefix("io.containerd.sandbox.controller")
                },
            forcedVersion: configuration?.shimAPIVersion)
        try answer(StartAnswer(to: caller, address: address.url).text)
        try confirmation?.give()
    }

    /// The sandbox that a container belongs to: its own id unless its annotations name another.
    package static func sandbox(of id: ContainerID, _ annotations: [String: String]) throws -> ContainerID {
        switch try ContainerType(annotations: annotations) {
        case .single, .sandbox: id
        case .container(let sandbox): try ContainerID(parsing: sandbox.rawValue)
        }
    }

    /// Starts the process that serves: this program again, with the listening socket.
    ///
    /// - Returns: the confirmation that it waits for.
    private func launch(at address: SocketAddress, ttrpcAddress: String) throws -> StartConfirmation {
        try CrashPoint.pass("start.folder")
        mkdir(SocketAddress.folder, 0o711)
        // Whoever listened there is gone: a live one was not disturbed.
        unlink(address.path)
        try CrashPoint.pass("start.socket")
        let listener = try UnixListener(binding: address.path)
        do {
            try CrashPoint.pass("start.log")
            let confirmation = try StartConfirmation()
            let null = try openDescriptor("/dev/null", flags: O_RDWR).shared()
            // Opened for reading too, so that neither this nor a later write needs containerd to read.
            let log = (try? openDescriptor("log", flags: O_RDWR | O_NONBLOCK).shared()) ?? null
            var arguments = [
                CommandLine.arguments.first ?? "containerd-shim-swiftlet-v2", "-namespace", flags.namespace,
                "-address", flags.address,
                "-publish-binary", flags.publishBinary, "-id", flags.id,
            ]
            if flags.debug { arguments.append("-debug") }
            var launch = ChildLaunch(
                executable: "/proc/self/exe", arguments: arguments,
                environment: environment.variables.filter { !$0.hasPrefix("TTRPC_ADDRESS=") }
                    + ["TTRPC_ADDRESS=\(ttrpcAddress)"],
                descriptors: [
                    (null.raw, 0), (null.raw, 1), (log.raw, 2),
                    (listener.descriptor.raw, Self.listenerDescriptor),
                    (confirmation.reading.raw, StartConfirmation.descriptor),
                ])
            launch.workingDirectory = bundle.path
            launch.newSession = true
            launch.noNewPrivileges = false
            launch.oomScoreAdjust = Self.oomScore()
            launch.toleratesOOMScoreRefusal = true
            try CrashPoint.pass("start.spawn")
            let (pid, _) = try spawn(launch)
            try CrashPoint.pass("start.pid")
            try write("\(pid)", to: "shim.pid")
            return confirmation
        } catch {
            unlink(address.path)
            throw error
        }
    }

    /// One more than containerd's own, so that the kernel takes a shim before containerd, as containerd's own
    /// shims have it.
    private static func oomScore() -> Int? {
        guard let bytes = try? readFile("/proc/\(getppid())/oom_score_adj", limit: 64),
            let score = Int(String(decoding: bytes.filter { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
        else { return nil }
        return min(score + 1, 1000)
    }

    private func write(_ text: String, to name: String) throws {
        do throws(Errno) {
            let file = try openDescriptor(
                "\(bundle.path)/\(name)", flags: O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o644)
            try writeAll(Array(text.utf8), to: file.raw)
        } catch {
            throw RuntimeError(
                .unavailable, "can't write '\(bundle.path)/\(name)'; check the bundle's folder", cause: error)
        }
    }
}
