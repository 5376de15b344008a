import ContainerdProtocol
import Glibc
package import Linux
import OCI
import RuntimeErrors
package import Sandbox
import SwiftProtobuf

/// `delete`: removes what a dead shim left, and says how its task ended.
///
/// It needs neither agent nor machine, and may run any number of times.
package struct DeleteVerb: Sendable {
    let flags: ShimFlags
    let bundle: Bundle
    let roots: HostRoots

    /// The verb for a command line.
    package init(_ flags: ShimFlags, bundle: Bundle, roots: HostRoots) {
        self.flags = flags
        self.bundle = bundle
        self.roots = roots
    }

    /// Does it.
    ///
    /// - Returns: the bytes for standard output: a `DeleteResponse`.
    package func run() throws -> [UInt8] {
        let id = try ContainerID(parsing: flags.id)
        // A spec that can't be read must not keep anything from being removed.
        let annotations = (try? bundle.annotations()) ?? [:]
        let sandbox = (try? StartVerb.sandbox(of: id, annotations)) ?? id
        let address = SocketAddress(
            containerdAddress: flags.address, namespace: flags.namespace, sandbox: sandbox)
        // A container of a pod whose shim lives is that shim's own to remove.
        if try sandbox == id || probeUnixSocket(address.path) != .live {
            let name = SandboxName(
                containerdAddress: flags.address, namespace: flags.namespace, id: sandbox)
            try CrashPoint.pass("delete.cleanup")
            try SandboxCleanup(of: name, roots: roots).run()
            try CrashPoint.pass("delete.socket")
            if try probeUnixSocket(address.path) == .stale { unlink(address.path) }
        }
        try CrashPoint.pass("delete.answer")
        let exit = ExitRecord(status: ExitRecord.killedStatus)
        var response = DeleteResponse()
        response.exitStatus = exit.status
        response.exitedAt = Google_Protobuf_Timestamp(exit)
        return try response.serializedBytes()
    }
}
