import Glibc

/// One limit of setrlimit(2) for a child.
package struct ResourceLimit: Sendable, Equatable {
    /// What is limited, by the RLIMIT_* number that x86 and arm64 share.
    package enum Resource: Int32, Sendable, CaseIterable {
        case cpu = 0
        case fileSize = 1
        case data = 2
        case stack = 3
        case core = 4
        case residentSet = 5
        case processes = 6
        case openFiles = 7
        case lockedMemory = 8
        case addressSpace = 9
        case locks = 10
        case pendingSignals = 11
        case messageQueues = 12
        case nice = 13
        case realtimePriority = 14
        case realtimeTime = 15
    }

    /// The value that means "no limit".
    package static let unlimited = UInt64.max

    package var resource: Resource
    /// In the unit of the resource: bytes, seconds or a count.
    package var soft: UInt64
    package var hard: UInt64

    package init(_ resource: Resource, soft: UInt64, hard: UInt64) {
        self.resource = resource
        self.soft = soft
        self.hard = hard
    }

    /// The limit that this process has.
    ///
    /// - Throws: `Errno`.
    package static func current(_ resource: Resource) throws(Errno) -> ResourceLimit {
        var value = rlimit()
        try checkedErrno { getrlimit(__rlimit_resource_t(UInt32(resource.rawValue)), &value) }
        return ResourceLimit(resource, soft: UInt64(value.rlim_cur), hard: UInt64(value.rlim_max))
    }
}
