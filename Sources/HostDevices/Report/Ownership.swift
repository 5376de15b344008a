import Glibc
package import Hypervisor
package import Linux
import OCI
import Sandbox
package import VFIO

/// Who has which devices of a host, as far as it is written down.
package struct Ownership: Sendable {
    private let roots: HostRoots
    /// The owner's name of each group that has one.
    let owners: [Int: String]
    /// The functions that are set aside.
    package let quarantined: [HostPCIAddress: Quarantine.Entry]
    /// The functions that `swiftlet devices bind` has bound.
    package let prebound: Set<HostPCIAddress>
    /// Whether the caller may know.
    let isKnown: Bool

    /// Reads the locks, the quarantine and the notes of `bind`.
    package init(_ roots: HostRoots) {
        self.roots = roots
        owners = GroupLocks.owners(roots)
        quarantined = Dictionary(
            Quarantine(roots).entries().map { ($0.record.address, $0) },
            uniquingKeysWith: { first, _ in first })
        prebound = Set(PreboundFunctions(roots).records().map(\.address))
        isKnown = access(roots.run, R_OK | X_OK) == 0 || Errno.current != .EACCES
    }

    /// The sandbox that has a group; nil for none.
    func owner(of group: Int) -> OwnerEntry? {
        owners[group].map { entry($0) }
    }

    /// A sandbox by its key, with its full names where its folder is still there.
    func entry(_ key: String) -> OwnerEntry {
        let name = StateFolder(key: key, in: roots)?.sandbox
        return OwnerEntry(
            key: printable(key, limit: 200), sandbox: name.map { printable($0.id.rawValue) },
            namespace: name.map { printable($0.namespace) },
            containerd: name.map { printable($0.containerdAddress) })
    }

    /// Whether a function is on a VFIO driver by an override, and nobody has it or knows of it. None is said to be one
    /// to a caller who may not know.
    package func isOrphan(_ function: PCIFunction) -> Bool {
        isKnown && function.orphanedOn != nil && !prebound.contains(function.address)
            && quarantined[function.address] == nil && function.group.flatMap { owners[$0] } == nil
    }

    /// The functions of a host that are orphans, by address.
    package func orphans(_ host: PCIHost) -> [PCIFunction] {
        host.orphans(besides: []).filter(isOrphan)
    }
}
