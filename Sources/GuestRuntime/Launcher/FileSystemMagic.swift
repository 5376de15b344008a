import CLinux
import Linux

/// The file systems that agent and launcher must tell apart, by the number of statfs(2).
enum FileSystemMagic: Int64 {
    case proc = 0x9fa0
    case devpts = 0x1cd1
    case ramfs = 0x8584_58f6
    case tmpfs = 0x0102_1994

    /// Whether `descriptor` is open on this file system.
    func holds(_ descriptor: CInt) throws(Errno) -> Bool {
        try checked(CLinux_file_system(descriptor)) == rawValue
    }
}
