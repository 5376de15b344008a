import Glibc

// Numbers of the kernel's interface that Swift can't import, or that two headers define.

/// AT_EMPTY_PATH of `<fcntl.h>`.
let atEmptyPath: CInt = 0x1000

/// Options of prctl(2) (`<linux/prctl.h>`).
enum ProcessControl {
    static let dumpable: CInt = 4
    static let keepCapabilities: CInt = 8
    static let noNewPrivileges: CInt = 38
}
