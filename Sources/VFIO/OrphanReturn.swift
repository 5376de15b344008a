package import Hypervisor
import Linux
package import RuntimeErrors

extension Binder {
    /// Gives a function that nobody owns to the driver that matches it: its override is cleared, and it is unbound and
    /// probed. What it was before nobody knows any more.
    ///
    /// - Returns: the driver that took it; nil if none did.
    /// - Throws: `RuntimeError`: failed precondition if somebody has its group or if it is no orphan any more;
    ///   otherwise what sysfs said. As long as it is on its VFIO driver it keeps its override, and so is still found.
    package func giveBack(orphan address: HostPCIAddress) throws(RuntimeError) -> String? {
        let function = try host.function(address)
        if let group = function.group { try locks.take(group) }
        defer { if let group = function.group { locks.release(group) } }
        guard let driver = try host.function(address).orphanedOn else {
            throw RuntimeError(
                .failedPrecondition,
                "can't give \(address) back: nobody left it on a VFIO driver by an override")
        }
        let writes = host.orphanWrites(function, from: driver)
        try write(writes.clear, to: address)
        do throws(RuntimeError) {
            try write(writes.unbind, to: address)
        } catch {
            try? write(writes.override, to: address)
            throw error
        }
        return try probe(address, writes.probe, instead: driver)
    }

    /// Probes the function until the kernel takes that, and says which driver has it then.
    private func probe(
        _ address: HostPCIAddress, _ probe: PlannedWrite, instead old: String
    ) throws(RuntimeError) -> String? {
        var backOff = BackOff(limits.restore)
        while true {
            let outcome = Result { () throws(RuntimeError) in try write(probe, to: address) }
            let driver = try host.function(address).driver
            if let driver, driver != old { return driver }
            guard case .failure(let error) = outcome else { return driver }
            guard (error.cause as? Errno) != .ETIMEDOUT, backOff.pause() else { throw error }
        }
    }

    private func write(_ write: PlannedWrite, to address: HostPCIAddress) throws(RuntimeError) {
        do throws(Errno) { try writer.write(write.text, to: write.path) } catch {
            throw RuntimeError(
                error, "can't give \(address) back: can't write '\(write.text)' to '\(write.path)'")
        }
    }
}

/// The writes that give an orphan back, and the one that makes it an orphan again.
struct OrphanWrites {
    let clear: PlannedWrite
    let unbind: PlannedWrite
    let probe: PlannedWrite
    let override: PlannedWrite
}

extension PCIHost {
    /// What giving an orphan back writes when nothing goes wrong, in order; nothing for a function that is none.
    package func writes(toGiveBackOrphan function: PCIFunction) -> [PlannedWrite] {
        guard let driver = function.orphanedOn else { return [] }
        let writes = orphanWrites(function, from: driver)
        return [writes.clear, writes.unbind, writes.probe]
    }

    func orphanWrites(_ function: PCIFunction, from driver: String) -> OrphanWrites {
        let writes = BindingWrites(
            roots,
            BindingRecord(
                address: function.address, vendor: function.vendor, device: function.device,
                group: function.group ?? 0, originalDriver: nil, originalOverride: nil, boundDriver: driver))
        return OrphanWrites(
            clear: writes.setOverride(nil), unbind: writes.unbind(from: driver), probe: writes.probe,
            override: writes.setOverride(driver))
    }
}
