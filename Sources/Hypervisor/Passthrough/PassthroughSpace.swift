import RuntimeErrors

/// How much address space the regions of host devices take.
struct PassthroughSpace {
    /// Devices behind one bridge, or in one slot of the root bus.
    struct Unit {
        var requests: [PassthroughRequest]
        /// Whether a bridge is before them: its window for what is not prefetchable ends at 4 GiB, whatever the
        /// region itself could.
        var isBehindBridge: Bool
        /// The segment it is on.
        var segment: UInt16
    }

    /// Bytes of regions, and the largest of them, which decides how they can lie.
    private struct Need {
        var bytes: UInt64 = 0
        var largest: UInt64 = 0

        mutating func add(_ size: UInt64) {
            bytes += size
            largest = max(largest, size)
        }

        /// What is taken where nothing else is said of the place: all regions and the way to the first.
        var withAlignment: UInt64 { bytes + (bytes > 0 ? largest : 0) }
    }

    private static let mebibyte: UInt64 = 1 << 20
    private static let gibibyte: UInt64 = 1 << 30
    /// Nothing that exists is larger, and sums of as many regions as there can be stay far from an overflow.
    private static let largestRegion: UInt64 = 1 << 48

    private let bus: PCIRootBus
    private let segments: UInt64
    private var below: [UInt16: Need] = [:]
    private var above: [UInt16: Need] = [:]

    /// Adds up what the units take.
    ///
    /// - Throws: `invalidArgument` for a region whose size can't be.
    init(of units: [Unit], on topology: PCITopology) throws(RuntimeError) {
        bus = topology.rootBus
        segments = UInt64(clamping: topology.segments)
        for unit in units {
            var low = Need()
            var high = Need()
            for request in unit.requests {
                for region in request.regions where region.isMemory && region.size > 0 {
                    guard region.size <= Self.largestRegion else {
                        throw RuntimeError(
                            .invalidArgument,
                            "can't place host device '\(request.device.host)': its region \(region.index) has \(region.size) bytes, which no device has; look at its resource file in sysfs"
                        )
                    }
                    let canBeHigh = region.is64Bit && (region.isPrefetchable || !unit.isBehindBridge)
                    if canBeHigh { high.add(region.size) } else { low.add(region.size) }
                }
            }
            below[unit.segment, default: Need()].add(Self.rounded(low, unit.isBehindBridge))
            above[unit.segment, default: Need()].add(Self.rounded(high, unit.isBehindBridge))
        }
    }

    /// Refuses what does not fit below 4 GiB.
    ///
    /// - Throws: `resourceExhausted` with both figures.
    func checkLowWindow() throws(RuntimeError) {
        let most = lowWindow / max(1, segments)
        let need = below.values.map(\.bytes).max() ?? 0
        guard need <= most else {
            throw RuntimeError(
                .resourceExhausted,
                "can't place the sandbox's host devices: their 32-bit regions take \(Self.mebibytes(need)) MiB and the machine has \(most / Self.mebibyte) for them; give the sandbox fewer devices"
            )
        }
    }

    /// The address space above 4 GiB for a guest of that much memory.
    ///
    /// - Throws: `resourceExhausted` when the host's addresses are too short for it.
    func addressSpace(_ rules: PassthroughRules) throws(RuntimeError) -> GuestAddressSpace {
        let window = highWindow
        let memory = UInt64(clamping: rules.memoryMebibytes).multipliedReportingOverflow(by: Self.mebibyte)
        guard !memory.overflow, memory.partialValue < 1 << 60 else {
            throw VMPlan.invalid("\(rules.memoryMebibytes) MiB of memory", "give it less")
        }
        // Where memory below 4 GiB ends on the two machines; the rest is above.
        let low: UInt64 = bus == .flat ? 3 << 30 : 2 << 30
        let above = memory.partialValue > low ? memory.partialValue - low : 0
        let end = Self.roundUp((4 << 30) + above, to: granularity) + window
        let bits = UInt64.bitWidth - (end - 1).leadingZeroBitCount
        if let most = rules.hostAddressBits, bits > most {
            throw RuntimeError(
                .resourceExhausted,
                "can't place the sandbox's host devices: \(rules.memoryMebibytes) MiB of memory and \(window / Self.gibibyte) GiB for their 64-bit regions need addresses of \(bits) bits and the host's have \(most); give the sandbox fewer devices or less memory"
            )
        }
        return GuestAddressSpace(windowGibibytes: Int(clamping: window / Self.gibibyte), bits: bits)
    }

    /// What there is below 4 GiB: q35 has 1004 MiB between the configuration space and the interrupt controller, 44
    /// of which are left to its own devices; Cloud Hypervisor gives 640, each segment an equal part.
    private var lowWindow: UInt64 {
        (bus == .flat ? 640 : 960) * Self.mebibyte
    }

    /// The 64-bit window of all segments, each as large as the fullest. QEMU's has at least 32 GiB.
    private var highWindow: UInt64 {
        let need = above.values.map(\.withAlignment).max() ?? 0
        let part = Self.roundUp(need, to: granularity)
        return bus == .flat ? part * segments : max(part, 32 << 30)
    }

    /// Cloud Hypervisor cuts the window at multiples of 4 GiB, QEMU at 1 GiB.
    private var granularity: UInt64 { bus == .flat ? 4 << 30 : Self.gibibyte }

    /// A bridge's window has whole MiB, and begins at a multiple of its largest region.
    private static func rounded(_ need: Need, _ isBehindBridge: Bool) -> UInt64 {
        guard isBehindBridge, need.bytes > 0 else { return need.bytes }
        return roundUp(need.bytes, to: max(need.largest, mebibyte))
    }

    private static func roundUp(_ number: UInt64, to unit: UInt64) -> UInt64 {
        let rest = number % unit
        return rest == 0 ? number : number + (unit - rest)
    }

    private static func mebibytes(_ bytes: UInt64) -> UInt64 { roundUp(bytes, to: mebibyte) / mebibyte }
}
