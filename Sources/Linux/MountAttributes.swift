/// Per-mount attributes, by the MOUNT_ATTR_* numbers of mount_setattr(2).
package struct MountAttributes: OptionSet, Sendable, Hashable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    package static let readOnly = MountAttributes(rawValue: 0x01)
    package static let noSetuid = MountAttributes(rawValue: 0x02)
    package static let noDevices = MountAttributes(rawValue: 0x04)
    package static let noExec = MountAttributes(rawValue: 0x08)
    package static let noAccessTime = MountAttributes(rawValue: 0x10)
    package static let strictAccessTime = MountAttributes(rawValue: 0x20)
    package static let noDirectoryAccessTime = MountAttributes(rawValue: 0x80)

    /// The whole access-time field, which is cleared before a value of it is set.
    static let accessTimeField = MountAttributes(rawValue: 0x70)
}

/// How mount events travel between copies of a mount, by the MS_* numbers of mount(2).
package enum MountPropagation: UInt64, Sendable {
    case unchanged = 0
    case `private` = 0x4_0000
    case slave = 0x8_0000
    case shared = 0x10_0000
}
