import Glibc
import RuntimeErrors

extension ResourcePlan {
    /// The cgroup v2 weight (1 to 10000) for v1 shares (2 to 262144).
    ///
    /// The curve goes through both ends and maps the default of one to the default of the other, 1024 to 100; runc
    /// since 1.3.2 and crun since 1.23 use it.
    static func weight(ofShares shares: UInt64) -> UInt64 {
        guard shares > 2 else { return 1 }
        guard shares < 262_144 else { return 10_000 }
        let bits = log2(Double(shares))
        let exponent = (bits * bits + 125 * bits) / 612 - 7.0 / 34
        return min(UInt64(pow(10, exponent).rounded(.up)), 10_000)
    }

    /// The text of memory.swap.max: v1 counts memory and swap together, v2 swap alone. The rules are runc's.
    func swapLimit() throws(RuntimeError) -> String? {
        guard let swap = memoryAndSwap else {
            // Whoever lifts the limit of memory and says no more means both.
            return memoryLimit.map { $0 < 0 } == true ? "max" : nil
        }
        guard swap >= 0 else { return "max" }
        guard let memoryLimit, memoryLimit >= 0 else {
            throw RuntimeError(
                .invalidArgument,
                "can't limit memory and swap together to \(swap) bytes: there is no limit of memory; give one"
            )
        }
        guard swap >= memoryLimit else {
            throw RuntimeError(
                .invalidArgument,
                "can't limit memory and swap together to \(swap) bytes: that is below the limit of memory, \(memoryLimit); raise it"
            )
        }
        return "\(swap - memoryLimit)"
    }
}
