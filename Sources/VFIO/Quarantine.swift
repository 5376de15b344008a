package import Hypervisor
package import Linux

/// The functions that did not come back to the host, each with what is needed to try again: a file each in
/// `<run>/vfio/quarantine`. No pod gets them.
package struct Quarantine: Sendable {
    /// A function set aside.
    package struct Entry: Codable, Sendable, Equatable {
        package var record: BindingRecord
        /// Why, in one sentence.
        package var reason: String

        /// Makes an entry; see the properties.
        package init(record: BindingRecord, reason: String) {
            self.record = record
            self.reason = reason
        }

        /// Whether the function has come back after all, as when a driver took longer than anybody waited.
        package func isOver(_ function: PCIFunction) -> Bool {
            function.driver == record.originalDriver && function.driverOverride == record.originalOverride
        }
    }

    private let folder: String

    /// The quarantine of a host.
    package init(_ roots: HostRoots) {
        folder = "\(GroupLocks.folder(roots))/quarantine"
    }

    /// All functions set aside, by address. A file that can't be understood is left out.
    package func entries() -> [Entry] {
        files.addresses().compactMap { entry($0) }
    }

    /// What is known of the function at `address`; nil if it is not set aside.
    package func entry(_ address: HostPCIAddress) -> Entry? {
        // Of a file that speaks of another function nothing is believed.
        files.content(address).flatMap { $0.record.address == address ? $0 : nil }
    }

    /// Sets a function aside.
    ///
    /// - Throws: an encoding error or `Errno`.
    func add(_ entry: Entry) throws {
        try files.write(entry, of: entry.record.address)
    }

    /// Lets a function be used again.
    func remove(_ address: HostPCIAddress) {
        files.remove(address)
    }

    private var files: FunctionFiles<Entry> { FunctionFiles(folder: folder) }
}
