package import Configuration
import Glibc
package import Linux
import Sandbox

/// The host that is looked at, in one value, so that every probe can be tried on a fake one.
package struct CheckHost: Sendable {
    /// Where the host's trees are.
    package var roots: HostRoots
    /// On whose behalf everything is tried.
    package var caller: Caller
    /// System calls that are tried for their errors.
    package var kernel: KernelTrials
    /// Runs programs.
    package var programs: Programs
    /// Starts virtiofsd for a moment and returns what is wrong, nil if it answers.
    package var fileServer: @Sendable (VirtiofsdConfiguration) -> String?
    /// Folders in which containerd looks for programs, in order.
    package var searchPath: [String]

    /// A host of these parts.
    package init(
        roots: HostRoots, caller: Caller, kernel: KernelTrials, programs: Programs,
        fileServer: @escaping @Sendable (VirtiofsdConfiguration) -> String?, searchPath: [String]
    ) {
        self.roots = roots
        self.caller = caller
        self.kernel = kernel
        self.programs = programs
        self.fileServer = fileServer
        self.searchPath = searchPath
    }

    /// The host itself.
    package static func real() -> CheckHost {
        let roots = HostRoots()
        let caller = Caller.current(roots)
        let path =
            getenv("PATH").map { String(cString: $0) } ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"
        return CheckHost(
            roots: roots, caller: caller, kernel: .real,
            programs: .real(isolated: caller.capabilities.contains(.sysAdmin)),
            fileServer: FileServerTrial.failure, searchPath: path.split(separator: ":").map(String.init))
    }

    /// The text of a small file of the host, without the line end; nil when it can't be read.
    func text(_ path: String) -> String? {
        guard let file = try? openDescriptor(path, flags: O_RDONLY | O_NONBLOCK | O_NOCTTY),
            let bytes = try? readAll(file.raw, limit: 4 << 20)
        else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    /// The number in a small file of the host.
    func number(_ path: String) -> Int? {
        text(path).flatMap { Int($0) }
    }

    /// Whether a file is there.
    func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// The program of this name that containerd would find.
    func find(_ program: String) -> String? {
        searchPath.map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
    }
}

/// Why a file can't be used so; nil if it can.
func refusal(_ path: String, _ mode: CInt) -> Errno? {
    access(path, mode) == 0 ? nil : .current
}
