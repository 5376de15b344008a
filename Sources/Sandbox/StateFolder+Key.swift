import Glibc
package import Linux
import OCI

/// State folders found by their key, for whoever looks at a host and knows no sandbox.
extension StateFolder {
    /// More than three names take.
    private static let longestNames = 16384

    /// The folder of the sandbox with that key; nil if the text can be none.
    package init?(key: String, in roots: HostRoots) {
        let isKey =
            key.utf8.count == 32
            && key.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
        guard isKey else { return nil }
        self.init(path: "\(roots.run)/\(key)")
    }

    /// The sandbox whose folder it is; nil if the folder has gone, or is another one's by its names.
    package var sandbox: SandboxName? {
        guard let file = try? openDescriptor(nameFile, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK),
            let bytes = try? readAll(file.raw, limit: Self.longestNames)
        else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.count == 4, let id = try? ContainerID(parsing: lines[2]) else { return nil }
        let name = SandboxName(containerdAddress: lines[0], namespace: lines[1], id: id)
        return path.hasSuffix("/\(name.key)") ? name : nil
    }
}
