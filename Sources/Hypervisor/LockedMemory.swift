package import RuntimeErrors

/// The memory that a monitor must be able to lock, since VFIO pins all memory of a guest for its devices.
///
/// The kernel counts what each VFIO container pins against `RLIMIT_MEMLOCK` of the process, and what iommufd pins once
/// for all its devices, against the same limit but with everything else that the user has pinned so. A share is the
/// guest's memory, rounded up to a GiB, and one GiB for what the devices themselves map: libvirt's rule of thumb. It
/// is the guest's memory that counts and not what a pod requests or has touched: pinned memory can't be over-committed.
package struct LockedMemory: Sendable, Equatable {
    /// The value of a limit that means "no limit".
    package static let unlimited = UInt64.max

    /// Bytes that are pinned for one VFIO container, or by iommufd.
    package let share: UInt64
    /// How many VFIO containers of `/dev/vfio/vfio` there are: one for all devices, or, behind an IOMMU of the
    /// machine's, one for each, as each has addresses of its own there.
    package let containers: Int
    /// Whether there are devices on iommufd, whose pinned memory counts for the user and not for the process.
    package let usesIOMMUFD: Bool

    /// What a machine with `memory` and `devices` needs.
    package init(memory: GuestMemory, devices: some Sequence<PassthroughDevice>) {
        let whole = Self.saturating(UInt64(clamping: memory.mebibytes), times: 1 << 20)
        let gibibyte: UInt64 = 1 << 30
        let (quotient, rest) = whole.quotientAndRemainder(dividingBy: gibibyte)
        share = Self.saturating(quotient + (rest > 0 ? 2 : 1), times: gibibyte)
        var behindIOMMU = 0
        var direct = false
        var usesIOMMUFD = false
        for device in devices {
            switch (device.access, device.isBehindIOMMU) {
            case (.iommufd, _), (.descriptors, _): usesIOMMUFD = true
            case (.group, true): behindIOMMU += 1
            case (.group, false): direct = true
            }
        }
        containers = behindIOMMU + (direct ? 1 : 0)
        self.usesIOMMUFD = usesIOMMUFD
    }

    /// What the machine of a plan needs.
    package init(_ plan: VMPlan) {
        self.init(
            memory: plan.memory,
            devices: plan.devices.lazy.compactMap {
                guard case .passthrough(let device) = $0.device else { return nil }
                return device
            })
    }

    /// Bytes; 0 when nothing is passed through.
    package var required: UInt64 {
        Self.saturating(share, times: UInt64(containers + (usesIOMMUFD ? 1 : 0)))
    }

    private static func saturating(_ left: UInt64, times right: UInt64) -> UInt64 {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? unlimited : product
    }
}

extension LockedMemory {
    /// What the shim may do about a limit of its child.
    package struct Allowance: Sendable, Equatable {
        /// `RLIMIT_MEMLOCK` as the monitor would inherit it, in bytes.
        package var soft: UInt64
        package var hard: UInt64
        /// Whether the shim has CAP_SYS_RESOURCE, and can raise the hard limit.
        package var raisesHardLimit: Bool
        /// Whether the shim has CAP_IPC_LOCK, and can leave it to the monitor.
        package var locksWithoutLimit: Bool

        /// Makes an allowance; see the properties.
        package init(soft: UInt64, hard: UInt64, raisesHardLimit: Bool, locksWithoutLimit: Bool) {
            self.soft = soft
            self.hard = hard
            self.raisesHardLimit = raisesHardLimit
            self.locksWithoutLimit = locksWithoutLimit
        }
    }

    /// How the monitor comes to lock what it needs.
    package enum Decision: Sendable, Equatable {
        /// It inherits a limit that is high enough, or locks nothing.
        case inherit
        /// It gets these soft and hard limits, in bytes.
        case limit(soft: UInt64, hard: UInt64)
        /// It keeps CAP_IPC_LOCK, for which no limit holds.
        case capability
    }

    /// Decides how the monitor gets its limit: by what it inherits, by a limit that the shim sets, and only then
    /// by a capability, which is more than it needs.
    ///
    /// With iommufd the limit is lifted where that can be done: what other machines of the same user have pinned
    /// counts too, and how much that is nobody says.
    ///
    /// - Throws: `RuntimeError` with `.failedPrecondition`, with what is needed, what is allowed, and what would
    ///   cure it. To be asked before anything is bound.
    package func decide(_ allowance: Allowance) throws(RuntimeError) -> Decision {
        guard required > 0 else { return .inherit }
        let aim = usesIOMMUFD ? Self.unlimited : required
        if allowance.soft >= aim { return .inherit }
        if allowance.raisesHardLimit { return .limit(soft: aim, hard: max(aim, allowance.hard)) }
        if allowance.locksWithoutLimit, allowance.hard < aim { return .capability }
        if allowance.hard >= required {
            let soft = min(aim, allowance.hard)
            return soft <= allowance.soft ? .inherit : .limit(soft: soft, hard: allowance.hard)
        }
        throw RuntimeError(
            .failedPrecondition,
            "can't lock the guest's memory for its VFIO devices: \(required) bytes are needed (\(sum)) and "
                + "RLIMIT_MEMLOCK allows \(allowance.hard) bytes, which the shim can't raise without "
                + "CAP_SYS_RESOURCE; set LimitMEMLOCK of containerd's service to \(cure), or give it "
                + "CAP_SYS_RESOURCE or CAP_IPC_LOCK")
    }

    private var sum: String {
        let parts = [
            containers > 0 ? "\(containers) × \(share) for VFIO containers" : nil,
            usesIOMMUFD ? "\(share) for iommufd" : nil,
        ]
        return parts.compactMap { $0 }.joined(separator: ", ")
    }

    private var cure: String {
        usesIOMMUFD || required == Self.unlimited ? "infinity" : "\(required) or more"
    }
}
