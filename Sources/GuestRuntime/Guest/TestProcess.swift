import CLinux
import Glibc
import Linux
import RuntimeErrors

/// The agent as an ordinary process, in namespaces of its own, so that all but the machine can be tested without
/// one.
package enum TestProcess {
    /// Makes this process the first of new pid, mount, host name and ipc namespaces; the process that was started
    /// stays behind and waits. Call it before there is any thread.
    ///
    /// - Parameter state: a folder that exists; the agent's own files go there, on a tmpfs nobody else sees.
    package static func isolate(state: String) throws -> Surroundings {
        let kinds: NamespaceKinds = [.pid, .mount, .uts, .ipc]
        try Machine.check("leave the host's namespaces") { () throws(Errno) in
            try checked(CLinux_isolate(kinds.rawValue))
            try checked(CLinux_mount(nil, "/", nil, UInt(0x4000 | MountPropagation.private.rawValue), nil))
            try checked(CLinux_mount("proc", "/proc", "proc", 0, nil))
            try checked(CLinux_mount("tmpfs", state, "tmpfs", 0, nil))
            try checkedErrno { mkdir(state + "/cgroup", 0o755) }
            try checked(CLinux_mount("cgroup2", state + "/cgroup", "cgroup2", 0, nil))
        }
        // The cgroup hierarchy is the host's: the name must be this agent's alone.
        let name = state.split(separator: "/").joined(separator: "-")
        return Surroundings(
            isMachine: false, isAlone: true,
            launcher: try Machine.makeLauncher(of: try Machine.ownBinary(), in: state + "/launcher"),
            cgroups: try CgroupRoot.make("\(state)/cgroup/\(name)"), sandbox: state + "/sandbox",
            roots: fakeRoots(state))
    }

    /// The devices of the machine around are not the agent's: it has those of a fake machine, or none.
    private static func fakeRoots(_ state: String) -> HostRoots {
        let roots = HostRoots.ofProcess()
        return roots.prefix.isEmpty ? HostRoots(prefix: state + "/machine") : roots
    }

    /// Removes what outlives the namespaces.
    package static func tearDown(_ surroundings: Surroundings) {
        rmdir(surroundings.cgroups)
    }
}
