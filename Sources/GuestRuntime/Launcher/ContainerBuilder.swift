import CLinux
import Glibc
import Linux
import RuntimeErrors

/// Builds the surroundings of a container around this process, the first of the container's namespaces.
struct ContainerBuilder {
    let plan: ContainerPlan
    let process: ProcessPlan
    let files: ProcessFiles

    /// Makes everything and moves in; then the container's root is this process's.
    func build(handingTerminal handOver: (Terminal) throws -> Void) throws -> (ContainerRoot, Terminal?) {
        try step("leave the agent's cgroup view") {
            try checked(CLinux_unshare(NamespaceKinds.cgroup.rawValue))
        }
        try step("make the mounts private") {
            // MS_REC has two definitions in the headers.
            try checked(CLinux_mount(nil, "/", nil, UInt(0x4000 | MountPropagation.private.rawValue), nil))
        }
        if !plan.hostname.isEmpty {
            try step("set the host name '\(plan.hostname)'") {
                try checked(CLinux_set_hostname(plan.hostname, plan.hostname.utf8.count))
            }
        }
        let covers = try PathCovers(root: openRoot(), null: PathCovers.openNull())
        let root = covers.root
        for mount in plan.mounts {
            try MountMaker(root: root).make(mount)
        }
        if !plan.mounts.contains(where: { $0.options.bind && $0.destination == "/dev" }) {
            try DeviceNodes(root: root).make(plan.devices)
        }
        let terminal = process.terminal ? try Terminal.open(in: root, for: process) : nil
        if let terminal {
            try terminal.mountConsole(in: root)
            try handOver(terminal)
        }
        for setting in plan.sysctls { try files.setSysctl(setting) }
        for path in plan.readonlyPaths { try covers.makeReadonly(path) }
        for path in plan.maskedPaths { try covers.mask(path) }
        try moveIn(root)
        return (root, terminal)
    }

    /// A mount of its own for the root, so that it can be pivoted into and made read-only.
    private func openRoot() throws -> ContainerRoot {
        do {
            let folder = try openDescriptor(
                plan.root, flags: pathOnly | O_DIRECTORY, resolution: [.noSymlinks, .noMagicLinks]
            ).shared()
            let mount = try DetachedMount(cloning: "", in: folder.raw, recursive: true)
            try mount.change(propagation: .private, recursive: true)
            try mount.attach(to: folder)
            return ContainerRoot(directory: mount.descriptor)
        } catch {
            throw RuntimeError(error, "can't open the container's root '\(plan.root)' in the guest")
        }
    }

    /// Makes the root this process's and lets go of the guest's own.
    private func moveIn(_ root: ContainerRoot) throws {
        try step("enter the container's root") {
            let old = try openDescriptor("/", flags: pathOnly | O_DIRECTORY).shared()
            try checkedErrno { fchdir(root.directory.raw) }
            try checked(CLinux_pivot_root(".", "."))
            try checkedErrno { fchdir(old.raw) }
            try checked(CLinux_umount(".", CInt(MNT_DETACH)))
            try checkedErrno { chdir("/") }
            let mount = DetachedMount(root.directory)
            if let propagation = MountPropagation(rawValue: plan.rootPropagation) {
                try mount.change(propagation: propagation, recursive: plan.rootPropagationIsRecursive)
            }
            if plan.readonlyRoot { try mount.change(setting: .readOnly, recursive: false) }
        }
    }

    private func step(_ what: String, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as Errno {
            throw RuntimeError(error, "can't \(what)")
        }
    }
}
