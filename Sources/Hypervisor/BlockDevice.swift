/// A virtio disk.
///
/// The format is always raw and always said: a monitor that probes lets whoever wrote the disk's first bytes
/// name host files for it to open.
package struct BlockDevice: Codable, Sendable, Equatable {
    /// The image file or the block device on the host.
    package var path: String
    /// Whether the monitor opens it for reading only.
    package var readOnly: Bool
    /// Up to 20 bytes that the guest can read back; nil for none.
    package var serial: String?
    /// Whether `path` is a block device and not a file.
    package var isHostDevice: Bool

    /// Makes a disk.
    package init(path: String, readOnly: Bool, serial: String? = nil, isHostDevice: Bool = false) {
        self.path = path
        self.readOnly = readOnly
        self.serial = serial
        self.isHostDevice = isHostDevice
    }
}
