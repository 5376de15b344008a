/// Options of the virtio-fs daemon that a configuration may add.
enum VirtiofsdOption {
    /// Options that change performance or semantics inside the share and nothing else. Not here, on
    /// purpose: whatever names a path, a socket or a user, whatever touches the sandbox, seccomp or
    /// capabilities, and what the runtime spells out itself (--cache, --readonly, --xattr).
    private static let harmless: Set<String> = [
        "--allow-direct-io", "--allow-mmap", "--announce-submounts", "--killpriv-v2", "--log-level",
        "--no-announce-submounts", "--no-killpriv-v2", "--no-readdirplus", "--posix-acl",
        "--preserve-noatime", "--security-label", "--thread-pool-size", "--writeback",
    ]

    /// Whether an element of `virtio_fs_extra_args` is one harmless option, its value behind `=`.
    static func isHarmless(_ argument: String) -> Bool {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.first, harmless.contains(String(name)) else { return false }
        guard parts.count == 2 else { return true }
        return !parts[1].isEmpty && parts[1].utf8.allSatisfy(Self.isValueByte)
    }

    private static func isValueByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"):
            true
        default:
            false
        }
    }
}
