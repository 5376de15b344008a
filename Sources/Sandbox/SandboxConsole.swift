package import Linux
package import AgentClient
import Glibc
import OCI
import RuntimeErrors

/// How a running sandbox's debug console is reached from outside of its shim.
package enum SandboxConsole {
    /// The guest's vsock port of the console.
    package static let port: UInt32 = 1026

    /// Where the console of a sandbox is, whether or not it is enabled.
    ///
    /// - Throws: `notFound` if no such sandbox runs on this host.
    package static func address(of sandbox: SandboxName, in roots: HostRoots) throws -> AgentAddress {
        let folder = StateFolder(of: sandbox, in: roots)
        guard access(folder.path, X_OK) == 0 else {
            guard errno != EACCES else {
                throw RuntimeError(
                    .permissionDenied,
                    "can't look into sandbox '\(sandbox.id.rawValue)': not root; run as root")
            }
            throw RuntimeError(
                .notFound,
                "can't find sandbox '\(sandbox.id.rawValue)' in namespace '\(sandbox.namespace)': it does not run here; "
                    + "check --namespace and --address")
        }
        if access(folder.vsockHostSocket, F_OK) == 0 {
            return .hybrid(path: folder.vsockHostSocket, port: port)
        }
        return .kernel(cid: SandboxPlanner.hostWideCID(sandbox), port: port)
    }
}
