import Glibc
import Linux

/// The home folder of a user after the container's own /etc/passwd; "/" when it does not say.
func homeFolder(of uid: UInt32, in root: ContainerRoot) -> String {
    guard let file = try? root.open("/etc/passwd", flags: O_RDONLY | O_NONBLOCK),
        (try? FileKind(of: file.raw)) == .regular, let bytes = try? readAll(file.raw, limit: 1 << 20)
    else { return "/" }
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
        let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard fields.count >= 6, String(decoding: fields[2], as: UTF8.self) == "\(uid)" else { continue }
        let home = String(decoding: fields[5], as: UTF8.self)
        return home.isEmpty ? "/" : home
    }
    return "/"
}
