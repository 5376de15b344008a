package import Configuration
import Glibc
package import Hypervisor
import Logging
package import LoopSupport
import Linux
import RuntimeErrors
import Sandbox

/// Makes the virtual machine monitor that a configuration names.
package typealias MonitorFactory =
    @Sendable (RuntimeConfiguration, MainLoop, ChildMonitor) throws -> any VirtualMachineMonitor

/// The shim's program: one verb, its answer on standard output, its failure on standard error.
package enum ShimProgram {
    /// Runs the verb that the command line names.
    ///
    /// - Returns: the exit status: 0, or 1 after a failure, which is told in one line.
    package static func run(arguments: [String], makeMonitor: @escaping MonitorFactory) -> Int32 {
        do {
            let flags = try ShimFlags(parsing: Array(arguments.dropFirst()))
            try answer(flags, makeMonitor)
            return 0
        } catch {
            try? writeAll(Array("\(error)\n".utf8), to: STDERR_FILENO)
            return 1
        }
    }

    private static func answer(_ flags: ShimFlags, _ makeMonitor: @escaping MonitorFactory) throws {
        let environment = ShimEnvironment()
        switch flags.verb {
        case .version:
            print("containerd-shim-swiftlet-v2:\n  Version: \(ShimVersion.number)")
        case .info:
            try writeAll(try InfoVerb().run(), to: STDOUT_FILENO)
        case .start:
            let verb = StartVerb(flags, environment, bundle: Bundle(path: try workingDirectory()))
            try verb.run(input: try standardInput()) { text in
                try writeAll(Array(text.utf8), to: STDOUT_FILENO)
            }
        case .delete:
            let path = flags.bundle.isEmpty ? try workingDirectory() : flags.bundle
            let verb = DeleteVerb(flags, bundle: Bundle(path: path), roots: .ofProcess())
            try writeAll(try verb.run(), to: STDOUT_FILENO)
        case .serve:
            let bundle = Bundle(path: try workingDirectory())
            try ServeVerb(flags, environment, bundle: bundle, makeMonitor: makeMonitor).run()
        }
    }

    private static func workingDirectory() throws -> String {
        guard let path = getcwd(nil, 0) else {
            throw RuntimeError(
                .failedPrecondition, "can't find the working directory; run the shim in its bundle",
                cause: Errno(rawValue: errno))
        }
        defer { free(path) }
        return String(cString: path)
    }

    /// What the caller sends; nothing from a terminal, where a person would wait for ever.
    private static func standardInput() throws -> [UInt8] {
        guard isatty(STDIN_FILENO) == 0 else { return [] }
        return try readAll(STDIN_FILENO, limit: BootstrapInput.maximumBytes)
    }
}
