/// A set of Linux capabilities, bit n for capability number n (`<linux/capability.h>`).
package struct CapabilitySet: OptionSet, Sendable, Hashable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    package static let chown = CapabilitySet(rawValue: 1 << 0)
    package static let dacOverride = CapabilitySet(rawValue: 1 << 1)
    package static let dacReadSearch = CapabilitySet(rawValue: 1 << 2)
    package static let fowner = CapabilitySet(rawValue: 1 << 3)
    package static let fsetid = CapabilitySet(rawValue: 1 << 4)
    package static let kill = CapabilitySet(rawValue: 1 << 5)
    package static let setgid = CapabilitySet(rawValue: 1 << 6)
    package static let setuid = CapabilitySet(rawValue: 1 << 7)
    package static let setpcap = CapabilitySet(rawValue: 1 << 8)
    package static let netAdmin = CapabilitySet(rawValue: 1 << 12)
    package static let ipcLock = CapabilitySet(rawValue: 1 << 14)
    package static let sysChroot = CapabilitySet(rawValue: 1 << 18)
    package static let sysAdmin = CapabilitySet(rawValue: 1 << 21)
    package static let sysResource = CapabilitySet(rawValue: 1 << 24)
    package static let mknod = CapabilitySet(rawValue: 1 << 27)
    package static let setfcap = CapabilitySet(rawValue: 1 << 31)
}
