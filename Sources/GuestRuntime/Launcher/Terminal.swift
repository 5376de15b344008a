import CLinux
import Glibc
import Linux
import RuntimeErrors

/// A pseudo terminal out of the container's own devpts.
struct Terminal {
    /// The side that the agent keeps.
    let master: SharedDescriptor
    private let slave: SharedDescriptor

    /// Opens a new one; the container's /dev/pts/ptmx must be what it says.
    static func open(in root: ContainerRoot, for process: ProcessPlan) throws -> Terminal {
        do {
            let master = try root.openPlain("/dev/pts/ptmx", flags: O_RDWR | O_NOCTTY)
            guard try FileSystemMagic.devpts.holds(master.raw) else {
                throw RuntimeError(
                    .failedPrecondition,
                    "can't open a terminal: '/dev/pts' of the container is no devpts; mount one there")
            }
            let slave = SharedDescriptor(owning: try checked(CLinux_terminal_peer(master.raw)))
            try checkedErrno { fchown(slave.raw, process.uid, gid_t.max) }
            if process.rows > 0, process.columns > 0 {
                try checked(CLinux_terminal_resize(slave.raw, process.rows, process.columns))
            }
            return Terminal(master: master, slave: slave)
        } catch let error as Errno {
            throw RuntimeError(error, "can't open a terminal in the container")
        }
    }

    /// Shows the terminal as /dev/console too.
    func mountConsole(in root: ContainerRoot) throws {
        do {
            let folder = try root.open("/dev", flags: pathOnly | O_DIRECTORY)
            do {
                _ = try openDescriptor(
                    "console", in: folder.raw, flags: O_CREAT | O_EXCL | O_NOFOLLOW | O_RDONLY, mode: 0o600)
            } catch Errno.EEXIST {
                // The next step tells a link from a file.
            }
            let target = try openDescriptor("console", in: folder.raw, flags: pathOnly | O_NOFOLLOW).shared()
            guard try FileKind(of: target.raw) != .link else { throw Errno.ELOOP }
            try DetachedMount(cloning: "", in: slave.raw, recursive: false).attach(to: target)
        } catch let error as Errno {
            throw RuntimeError(error, "can't mount the terminal at '/dev/console' in the container")
        }
    }

    /// Makes it the standard streams and the controlling terminal of this process, which leads its session.
    func takeOver() throws {
        do {
            for target: CInt in 0...2 {
                try checkedErrno { dup2(slave.raw, target) }
            }
            try checked(CLinux_terminal_control(0))
        } catch {
            throw RuntimeError(error, "can't make the terminal the controlling one")
        }
    }
}
