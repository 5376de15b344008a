package import Linux
import Glibc

/// A host made of files: `/sys`, `/dev`, `/proc`, `/etc/cdi` and `/run` in a folder of its own, which is in memory
/// since the files are hundreds.
package final class FakeHost: Sendable {
    /// Where its trees are.
    package let roots: HostRoots
    private let isOwner: Bool

    /// Makes an empty host.
    package init() throws {
        isOwner = true
        var template = Array("/dev/shm/fake-host-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Errno.current }
        roots = HostRoots(
            prefix: String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
        try write("", to: "\(roots.proc)/self/mountinfo")
    }

    /// The fake host at `prefix`, made by another process; that one removes it.
    package init(existing prefix: String) {
        roots = HostRoots(prefix: prefix)
        isOwner = false
    }

    deinit {
        guard isOwner else { return }
        let name = roots.prefix.split(separator: "/").last.map(String.init) ?? ""
        guard let parent = try? openDescriptor("/dev/shm", flags: pathOnly | O_DIRECTORY) else { return }
        try? removeTree(name, in: parent.raw, levels: 16)
    }
}
