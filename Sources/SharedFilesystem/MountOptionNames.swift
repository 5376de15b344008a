import Linux

extension MountAttributes {
    /// The attribute that a mount option such as `nosuid` stands for; empty for one that names a default, nil
    /// for a word that is no such option.
    init?(option: String) {
        switch option {
        case "nosuid": self = .noSetuid
        case "nodev": self = .noDevices
        case "noexec": self = .noExec
        case "noatime": self = .noAccessTime
        case "strictatime": self = .strictAccessTime
        case "nodiratime": self = .noDirectoryAccessTime
        case "suid", "dev", "exec", "relatime", "async", "diratime": self = []
        default: return nil
        }
    }
}
