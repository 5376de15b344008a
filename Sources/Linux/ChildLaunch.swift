/// Everything that decides how a child program starts. What is not named here is not inherited: signal
/// handlers, signal mask, descriptors and inheritable capabilities are always clean.
package struct ChildLaunch: Sendable {
    /// Where a descriptor of this process ends up in the child.
    package typealias Placement = (source: CInt, target: CInt)

    /// User, group and supplementary groups of the child.
    package struct Identity: Sendable, Equatable {
        package var uid: UInt32
        package var gid: UInt32
        package var groups: [UInt32]

        package init(uid: UInt32, gid: UInt32, groups: [UInt32] = []) {
            self.uid = uid
            self.gid = gid
            self.groups = groups
        }
    }

    /// The program's path, in the mount namespace and root that the child enters. There is no search.
    package var executable: String
    /// The whole argument vector, the program's name included.
    package var arguments: [String]
    /// `NAME=value` each.
    package var environment: [String]
    /// The child's whole descriptor table, 0, 1 and 2 included; everything else is closed.
    package var descriptors: [Placement]
    /// Nil: `/` in a new root or joined mount namespace, else the caller's.
    package var workingDirectory: String?
    /// Nil keeps the caller's user and groups.
    package var identity: Identity?
    /// What is kept of the capability bounding set; nil keeps it whole.
    package var boundingCapabilities: CapabilitySet?
    /// Capabilities that the child holds although `identity` is not root; part of `boundingCapabilities`.
    package var ambientCapabilities: CapabilitySet = []
    package var noNewPrivileges = true
    /// The signal that the child gets when the *thread* that spawned it ends, so spawn from the main thread.
    package var parentDeathSignal: CInt?
    /// Descriptors of namespaces to enter, in this order. One of a mount namespace changes the root.
    package var joinNamespaces: [CInt] = []
    package var newNamespaces: NamespaceKinds = []
    /// A folder to chroot into, after the namespaces are entered.
    package var root: String?
    package var oomScoreAdjust: Int?
    /// Whether the child starts all the same where the kernel refuses to lower its score.
    package var toleratesOOMScoreRefusal = false
    /// A cgroup2 folder's descriptor: the child is born in it, which costs less than moving it there.
    package var cgroup: CInt?
    /// `cgroup.procs` files of cgroups to join before exec, v1 or v2.
    package var cgroupProcsPaths: [String] = []
    package var resourceLimits: [ResourceLimit] = []
    package var newSession = false

    /// A launch of `executable` with `arguments` (the program's name first) and exactly `descriptors`.
    package init(
        executable: String, arguments: [String], environment: [String] = [], descriptors: [Placement]
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.descriptors = descriptors
    }
}
