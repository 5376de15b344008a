package import Hypervisor
package import Linux

/// The functions that an administrator has bound ahead of time, each with what is needed to give it back: a file each
/// in `<run>/vfio/bound`, there before the function's first write. They are nobody's leftovers, and pods get them.
package struct PreboundFunctions: Sendable {
    private let folder: String

    /// Those of a host.
    package init(_ roots: HostRoots) {
        folder = "\(GroupLocks.folder(roots))/bound"
    }

    /// All of them, by address. A file that can't be understood is left out.
    package func records() -> [BindingRecord] {
        files.addresses().compactMap { record($0) }
    }

    /// What the function at `address` was before; nil if nobody has bound it ahead of time.
    package func record(_ address: HostPCIAddress) -> BindingRecord? {
        files.content(address).flatMap { $0.address == address ? $0 : nil }
    }

    /// Notes a function. The folder `<run>/vfio` is there as soon as a group has been taken.
    ///
    /// - Throws: an encoding error or `Errno`.
    package func add(_ record: BindingRecord) throws {
        try files.write(record, of: record.address)
    }

    /// Forgets a function.
    package func remove(_ address: HostPCIAddress) {
        files.remove(address)
    }

    private var files: FunctionFiles<BindingRecord> { FunctionFiles(folder: folder) }
}
