import CLinux
import Glibc
import Linux
import RuntimeErrors

/// The first stage of a guest with an initial file system and a root disk: loads the drivers of the disk, mounts it
/// read-only, and makes its init process 1.
package enum FirstStage {
    /// Where modules are that only this stage needs: a disk's file systems.
    private static let modules = "/lib/modules/swiftlet-root"
    /// How long the disk may take to appear.
    private static let patience = 10_000
    private static let folder = "/newroot"
    /// Where the kernel itself looks for an init.
    private static let inits = ["/sbin/init", "/etc/init", "/bin/init", "/bin/sh"]

    /// Whether this process is to be the first stage: process 1 of an initial file system, and the kernel was told
    /// of another root.
    package static func isMeant(by arguments: KernelArguments) -> Bool {
        getpid() == 1 && arguments.rootDevice != nil && Machine.isInitialRoot
    }

    /// Gives way to the init of the root disk.
    ///
    /// - Throws: what stood in the way; returns never.
    package static func run(_ arguments: KernelArguments) throws -> Never {
        let device = arguments.rootDevice ?? ""
        for mount in BaseMount.early { try mount.make() }
        for folder in [Machine.modules, GuestDisk.modules, modules] {
            try Machine.loadModules(in: folder)
        }
        try waitFor(device)
        _ = mkdir(folder, 0o755)
        do {
            try checked(CLinux_mount(device, folder, arguments.rootType, BaseMount.readOnly, nil))
        } catch {
            throw RuntimeError(
                error,
                "can't mount the guest's root '\(device)' as \(arguments.rootType); check 'image' and 'rootfs_type'"
            )
        }
        try enter()
        throw execute(arguments.initProgram.map { [$0] } ?? inits)
    }

    /// Waits for a device's node; a disk is found when its driver is ready for it.
    private static func waitFor(_ device: String) throws {
        for _ in 0..<(patience / 10) {
            if access(device, F_OK) == 0 { return }
            usleep(10_000)
        }
        throw RuntimeError(
            .deadlineExceeded,
            "can't find the guest's root '\(device)': the kernel has no such disk; check the partition table of 'image'"
        )
    }

    /// Moves the mounts that there are into the new root, and that to the place of the old one, whose files go.
    private static func enter() throws {
        try Machine.check("enter the guest's root") { () throws(Errno) in
            for path in BaseMount.early.map(\.path) + ["/proc"] {
                try checked(CLinux_mount(path, folder + path, nil, BaseMount.move, nil))
            }
            try checkedErrno { chdir(folder) }
            // The agent's binary is most of what the initial file system holds; its memory returns with the exec.
            for path in ["/init", "/bin/swiftlet-agent", "/bin/swiftlet-init"] { unlink(path) }
            try checked(CLinux_mount(".", "/", nil, BaseMount.move, nil))
            try checkedErrno { chroot(".") }
            try checkedErrno { chdir("/") }
        }
    }

    private static func execute(_ programs: [String]) -> RuntimeError {
        for program in programs {
            var words: [UnsafeMutablePointer<CChar>?] = [strdup(program), nil]
            defer { free(words[0]) }
            execv(program, &words)
        }
        let names = programs.map { "'\($0)'" }.joined(separator: ", ")
        return RuntimeError(
            Errno.current, "can't start the init of the guest's root: none of \(names) can be executed")
    }
}
