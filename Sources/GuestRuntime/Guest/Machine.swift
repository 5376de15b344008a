import CLinux
import Glibc
import Linux
import RuntimeErrors

/// What the agent of a virtual machine does before it serves, be it process 1 or a service of another init.
package enum Machine {
    /// Sets the machine up: root, file systems, modules, loopback, cgroups.
    package static func setUp() throws -> Surroundings {
        let binary = isInitialRoot ? "/bin/swiftlet-agent" : try ownBinary()
        if isInitialRoot { try replaceRoot() }
        let mounted = try MountTable.read()
        for mount in BaseMount.machine { try mount.make(besides: mounted) }
        if getpid() != 1 { try adoptOrphans() }
        try loadModules(in: modules)
        try check("bring the loopback interface up") { () throws(Errno) in
            try checked(CLinux_interface_up("lo"))
        }
        // Containers set their own limits; the kernel's first ones are too low to choose from.
        let openFiles = ResourceLimit.Resource.openFiles.rawValue
        try check("raise the limit of open files") { () throws(Errno) in
            try checked(CLinux_resource_limit(openFiles, 1024, 1 << 20))
        }
        return Surroundings(
            isMachine: true, isAlone: getpid() == 1,
            launcher: try makeLauncher(of: binary, in: "/run/swiftlet"),
            cgroups: try CgroupRoot.make("/sys/fs/cgroup/swiftlet"),
            sandbox: "/run/kata-containers/sandbox", roots: HostRoots())
    }

    /// Whether the running program may set up this machine: it is its first process, or a service that the first one
    /// has started.
    package static var isOwn: Bool { getpid() == 1 || getppid() == 1 }

    /// Where modules are that every guest needs.
    static let modules = "/lib/modules/swiftlet"

    /// Whether the root is the kernel's initial file system, in memory.
    static var isInitialRoot: Bool {
        guard let root = try? openDescriptor("/", flags: O_RDONLY | O_DIRECTORY).shared() else {
            return false
        }
        return [FileSystemMagic.ramfs, .tmpfs].contains { (try? $0.holds(root.raw)) == true }
    }

    /// Writes everything to disk and turns the machine off.
    ///
    /// - Throws: only if the kernel refuses.
    package static func powerOff() throws {
        try check("turn the machine off") { () throws(Errno) in try checked(CLinux_power_off()) }
    }

    /// Gives the root a mount that is not the initramfs itself, which pivot_root refuses to leave.
    private static func replaceRoot() throws {
        try check("replace the initramfs as root") { () throws(Errno) in
            _ = mkdir("/root", 0o700)
            try checked(CLinux_mount("/", "/root", nil, BaseMount.bind | BaseMount.recursive, nil))
            try checkedErrno { chdir("/root") }
            try checked(CLinux_mount(".", "/", nil, BaseMount.move, nil))
            try checkedErrno { chroot(".") }
            try checkedErrno { chdir("/") }
        }
    }

    /// What a container leaves behind comes to the agent as it does to process 1.
    private static func adoptOrphans() throws {
        try check("adopt orphans") { () throws(Errno) in try checked(CLinux_become_subreaper()) }
    }

    /// The path of the running program.
    static func ownBinary() throws(Errno) -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = try checkedErrno { readlink("/proc/self/exe", &buffer, buffer.count) }
        return String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Loads the modules of a folder in the order of their names; one that is loaded already counts, and a folder that is
    /// not there is empty.
    static func loadModules(in folder: String) throws {
        guard let stream = opendir(folder) else { return }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".ko") { names.append(name) }
        }
        for name in names.sorted() {
            try check("load the kernel module '\(name)'") { () throws(Errno) in
                let file = try openDescriptor("\(folder)/\(name)", flags: O_RDONLY)
                try checked(CLinux_module_load(file.raw, ""))
            }
        }
    }

    /// A read-only mount of the agent's binary. What a container executes by tricks as "the launcher" lies on it,
    /// and there is no way to write there.
    static func makeLauncher(of binary: String, in folder: String) throws -> String {
        let path = folder + "/" + Launcher.programName
        try check("prepare the launcher '\(path)'") { () throws(Errno) in
            _ = mkdir(folder, 0o700)
            _ = try openDescriptor(path, flags: O_CREAT | O_RDONLY, mode: 0o700)
            let mount = try DetachedMount(cloning: binary, recursive: false)
            try mount.change(
                setting: [.readOnly, .noSetuid, .noDevices], propagation: .private, recursive: false)
            try mount.attach(at: path)
        }
        return path
    }

    static func check(_ what: String, _ body: () throws(Errno) -> Void) throws(RuntimeError) {
        do {
            try body()
        } catch {
            throw RuntimeError(error, "can't \(what)")
        }
    }
}
