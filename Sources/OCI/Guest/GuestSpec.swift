/// A specification as the agent in the guest gets it.
package struct GuestSpec: Sendable, Equatable {
    package var spec: Spec
    /// Whether the container joins the process namespace of its sandbox instead of having its own.
    package var sharesProcessNamespace: Bool
    /// What was taken out that the caller may want to know of; to be logged.
    package var notes: [String]
}

/// What only the host knows about how a container looks in the guest.
package struct GuestRewrite: Sendable {
    /// Where the container's root file system is in the guest.
    package var rootPath: String
    /// The cgroup of the container in the guest.
    package var cgroupsPath: String
    /// What becomes of a mount, by its position in the specification: two mounts may have the same
    /// destination. Every bind mount needs an entry; other mounts without one stay as they are.
    package var mounts: [Int: MountChange]
    /// Whether createContainer and startContainer hooks go to the guest, where their programs must be; if
    /// not, a specification that has some is refused.
    package var keepsContainerHooks = false
    /// Whether the container's seccomp filter is in force in the guest.
    package var keepsSeccomp = true
    /// Whether nodes of VFIO groups are hidden, because the guest's kernel drives the devices.
    package var hidesVFIONodes = true

    package init(rootPath: String, cgroupsPath: String, mounts: [Int: MountChange] = [:]) {
        self.rootPath = rootPath
        self.cgroupsPath = cgroupsPath
        self.mounts = mounts
    }

    /// What becomes of one mount.
    package enum MountChange: Sendable, Equatable {
        /// The same mount from another source: a path of the guest.
        case source(String)
        /// Another mount.
        case replace(Mount)
        /// None.
        case drop
    }
}
