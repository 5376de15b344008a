package import Hypervisor
import Linux
package import RuntimeErrors

extension Binder {
    /// Gives a function that nobody owns to the driver that matches it: it is unbound, its override is cleared, and it is
    /// probed. What it was before nobody knows any more.
    ///
    /// One that lost its VFIO driver on this way, when it was tried before, goes the rest of it.
    ///
    /// - Returns: the driver that took it; nil if none did.
    /// - Throws: `RuntimeError`: failed precondition if somebody has its group or if it is no orphan any more;
    ///   otherwise what sysfs said. As long as it is on its VFIO driver it keeps its override, and so is still found.
    package func giveBack(orphan address: HostPCIAddress) throws(RuntimeError) -> String? {
        let function = try host.function(address)
        if let group = function.group { try locks.take(group) }
        defer { if let group = function.group { locks.release(group) } }
        let now = try host.function(address)
        guard now.orphanedOn != nil || now.isBetweenDrivers else {
            throw RuntimeError(
                .failedPrecondition,
                "can't give \(address) back: nobody left it on a VFIO driver by an override")
        }
        let writes = host.orphanWrites(now)
        // With its override it is found again, should this break off before the probe.
        if now.driver != nil { try write(writes.unbind, to: address) }
        if now.driverOverride != nil { try write(writes.clear, to: address) }
        return try probe(address, writes.probe, instead: now.driver)
    }

    /// Probes the function until the kernel takes that, and says which driver has it then.
    private func probe(
        _ address: HostPCIAddress, _ probe: PlannedWrite, instead old: String?
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

/// The writes that give an orphan back.
struct OrphanWrites {
    let unbind: PlannedWrite
    let clear: PlannedWrite
    let probe: PlannedWrite
}

extension PCIHost {
    /// What giving an orphan back writes when nothing goes wrong, in order; nothing for a function that is none.
    package func writes(toGiveBackOrphan function: PCIFunction) -> [PlannedWrite] {
        guard function.orphanedOn != nil || function.isBetweenDrivers else { return [] }
        let writes = orphanWrites(function)
        return (function.driver == nil ? [] : [writes.unbind])
            + (function.driverOverride == nil ? [] : [writes.clear]) + [writes.probe]
    }

    func orphanWrites(_ function: PCIFunction) -> OrphanWrites {
        let driver = function.driver ?? "vfio-pci"
        let writes = BindingWrites(
            roots,
            BindingRecord(
                address: function.address, vendor: function.vendor, device: function.device,
                group: function.group ?? 0, originalDriver: nil, originalOverride: nil, boundDriver: driver))
        return OrphanWrites(
            unbind: writes.unbind(from: driver), clear: writes.setOverride(nil), probe: writes.probe)
    }
}
