import Glibc
import Linux
package import OCI
import RuntimeErrors

/// A bundle folder as containerd makes it.
package struct Bundle: Sendable {
    /// The folder's path.
    package let path: String

    /// The bundle at an absolute path.
    package init(path: String) {
        self.path = path
    }

    /// The path of the OCI spec.
    package var specPath: String { "\(path)/config.json" }

    /// The OCI spec, read, decoded and validated, and sentences about what in it will have no effect.
    ///
    /// - Throws: `notFound` when there is none, `invalidArgument` naming the field that is wrong.
    package func spec() throws -> (spec: Spec, remarks: [String]) {
        guard let bytes = try readFile(specPath, limit: DocumentLimits().size) else {
            throw RuntimeError(
                .notFound,
                "can't read '\(specPath)': there is no such file; give a bundle with an OCI config.json")
        }
        let spec = try Document(name: specPath, bytes: bytes).spec()
        var validator = SpecValidator()
        try validator.check(spec)
        return (spec, validator.warnings)
    }

    /// The annotations of the OCI spec; none when there is no spec, as in a sandbox controller's bundle.
    package func annotations() throws -> [String: String]? {
        guard let bytes = try readFile(specPath, limit: DocumentLimits().size) else { return nil }
        return try Document(name: specPath, bytes: bytes).spec().annotations
    }
}

/// Reads a whole file of at most `limit` bytes; nil when it does not exist.
///
/// - Throws: `RuntimeError` naming the file.
package func readFile(_ path: String, limit: Int) throws -> [UInt8]? {
    do throws(Errno) {
        let descriptor = try openDescriptor(path, flags: O_RDONLY | O_NONBLOCK)
        return try readAll(descriptor.raw, limit: limit)
    } catch  where error == .ENOENT {
        return nil
    } catch {
        throw RuntimeError(
            .unavailable, "can't read '\(path)'; check its rights and that it has at most \(limit) bytes",
            cause: error)
    }
}
