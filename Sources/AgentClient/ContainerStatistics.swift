/// What a container uses, as its guest says: numbers under the names of the kernel's files.
///
/// Nothing in it has been checked: a guest may claim what it likes.
package struct ContainerStatistics: Sendable, Equatable {
    /// By file, and key where a file has keys: `memory.current`, `memory.stat.anon`, `cpu.stat.usage_usec`. A limit
    /// that is not set is `UInt64.max`; averages of pressure are in hundredths of a percent.
    package var values: [String: UInt64] = [:]
    /// Disks, by their numbers.
    package var devices: [DeviceUse] = []
    /// Huge pages, by the kernel's name of their size.
    package var hugePages: [HugePageUse] = []
    /// Network interfaces in the guest's order.
    package var networks: [NetworkUse] = []

    package init() {}

    /// One value; 0 if the guest does not give it.
    package subscript(_ name: String) -> UInt64 { values[name] ?? 0 }

    /// What has been read from and written to one disk.
    package struct DeviceUse: Sendable, Equatable {
        package var major: UInt64 = 0
        package var minor: UInt64 = 0
        package var readBytes: UInt64 = 0
        package var writtenBytes: UInt64 = 0
        package var reads: UInt64 = 0
        package var writes: UInt64 = 0

        package init() {}
    }

    /// Huge pages of one size, in bytes.
    package struct HugePageUse: Sendable, Equatable {
        /// As `2MB`.
        package var size = ""
        package var current: UInt64 = 0
        package var limit: UInt64 = .max
        /// How often the limit was in the way.
        package var failures: UInt64 = 0

        package init() {}
    }

    /// What has gone through one network interface, in one direction.
    package struct Traffic: Sendable, Equatable {
        package var bytes: UInt64 = 0
        package var packets: UInt64 = 0
        package var errors: UInt64 = 0
        package var dropped: UInt64 = 0

        package init() {}
    }

    /// What has gone through one network interface.
    package struct NetworkUse: Sendable, Equatable {
        package var name = ""
        package var received = Traffic()
        package var sent = Traffic()

        package init() {}
    }
}
