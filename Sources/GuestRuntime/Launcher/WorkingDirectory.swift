import CLinux
import Glibc
import Linux
import RuntimeErrors

/// Changes into the process's working folder; the first process of a container has it made if it is absent.
///
/// The folder is reached without the links of /proc that jump, and afterwards the kernel must agree that it lies
/// inside of the root: a descriptor left open by mistake is then no way out.
func enterWorkingDirectory(_ path: String, in root: ContainerRoot, making: Bool) throws {
    do {
        let folder = making ? try root.openOrMake(path, .directory) : try root.open(path)
        try checkedErrno { fchdir(folder.raw) }
        var buffer = [CChar](repeating: 0, count: 4097)
        try checked(CLinux_getcwd(&buffer, buffer.count))
        guard buffer.first == CChar(bitPattern: UInt8(ascii: "/")) else {
            throw RuntimeError(
                .permissionDenied, "can't use the working folder '\(path)': it lies outside of the container")
        }
    } catch let error as Errno {
        throw RuntimeError(error, "can't enter the working folder '\(path)' of the container")
    }
}
