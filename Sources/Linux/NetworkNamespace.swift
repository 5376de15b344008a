import Glibc
import RuntimeErrors

/// A network namespace, held by its descriptor.
package struct NetworkNamespace: Sendable {
    /// A descriptor of nsfs, for setns(2) or `ChildLaunch.joinNamespaces`.
    package let descriptor: SharedDescriptor

    /// A new namespace with nothing in it but `lo`, which is up. It ends when nothing holds it any more.
    ///
    /// - Throws: `RuntimeError`.
    package static func create() throws -> NetworkNamespace {
        try CrashPoint.pass("network.make")
        let steps: [HelperStep] = [
            .unshare(.network),
            .linkUp("lo"),
            .open(
                folder: .workingDirectory, path: "/proc/self/ns/net", flags: O_RDONLY, resolution: []),
        ]
        do throws(HelperFailure) {
            guard let descriptor = try runInHelperChild(steps)[2] else { throw HelperFailure.lost }
            return NetworkNamespace(descriptor: descriptor)
        } catch {
            throw RuntimeError(
                error.errno,
                "can't make a network namespace: step \(error.step) failed; the shim needs CAP_SYS_ADMIN")
        }
    }

    /// The namespace that the file at `path` stands for, such as `/run/netns/NAME` or `/proc/PID/ns/net`.
    ///
    /// - Throws: `RuntimeError`.
    package static func open(_ path: String) throws -> NetworkNamespace {
        do throws(Errno) {
            return NetworkNamespace(descriptor: try openDescriptor(path, flags: O_RDONLY).shared())
        } catch {
            throw RuntimeError(error, "can't open the network namespace '\(path)'")
        }
    }
}

extension HelperFailure {
    /// A result that a successful run did not hold.
    package static let lost = HelperFailure(step: -1, errno: .EBADF)
}
