/// The guest's memory.
package struct GuestMemory: Codable, Sendable, Equatable {
    /// Size in MiB.
    package var mebibytes: Int
    /// Whether other processes can map it; every vhost-user device (virtio-fs, user space vsock) needs that.
    package var shared: Bool
    /// The size of the host's huge pages that back it, in KiB; nil for ordinary pages.
    package var hugePageKibibytes: Int?

    /// Makes a memory description.
    package init(mebibytes: Int, shared: Bool, hugePageKibibytes: Int? = nil) {
        self.mebibytes = mebibytes
        self.shared = shared
        self.hugePageKibibytes = hugePageKibibytes
    }
}
