import Hypervisor
import Linux
import RuntimeErrors

extension Binder {
    /// Gives functions back to the drivers that they had, the last one first, and lets go of the owner's groups.
    /// The machine must have ended: the kernel keeps a function that is open. Each function is tried whatever
    /// happens to others; one that is as it was needs no write, so that a journal may be replayed any number of
    /// times. One that does not come back in time is set aside (see ``Quarantine``). One that the time does not reach
    /// stays its owner's, with its group.
    ///
    /// - Parameter kept: the groups of devices that the owner still has, when only some are given back.
    package func restore(_ records: [BindingRecord], keeping kept: Set<Int> = []) -> RestoreReport {
        var report = RestoreReport()
        var kept = kept
        let end = ContinuousClock.now + limits.restoreAll
        for record in records.reversed() {
            guard ContinuousClock.now < end else {
                kept.insert(record.group)
                report.failures.append(outOfTime(record))
                continue
            }
            do throws(RuntimeError) {
                try locks.take(record.group)
            } catch {
                // Another sandbox has it: nothing to write, and nothing to set aside.
                report.failures.append(
                    RestoreFailure(address: record.address, error: error, isQuarantined: false))
                continue
            }
            var attempt = RestoreAttempt(binder: self, record: record)
            switch attempt.run() {
            case .restored: Quarantine(host.roots).remove(record.address)
            case .vanished(let reason):
                Quarantine(host.roots).remove(record.address)
                report.warnings.append(
                    "pci function \(record.address) is not given back to the host: \(reason)")
            case .failed(let error):
                report.failures.append(setAside(record, error))
            }
        }
        for group in locks.groups() where !kept.contains(group) {
            guard (try? locks.take(group)) != nil else { continue }
            locks.release(group)
        }
        return report
    }

    private func outOfTime(_ record: BindingRecord) -> RestoreFailure {
        RestoreFailure(
            address: record.address,
            error: RuntimeError(
                .deadlineExceeded,
                "can't give pci function \(record.address) back: others took \(limits.restoreAll); "
                    + "run 'swiftlet devices restore'"),
            isQuarantined: false)
    }

    func setAside(_ record: BindingRecord, _ error: RuntimeError) -> RestoreFailure {
        var failure = RestoreFailure(address: record.address, error: error, isQuarantined: true)
        do {
            try Quarantine(host.roots).add(Quarantine.Entry(record: record, reason: "\(error)"))
        } catch {
            failure.isQuarantined = false
            failure.error.message += "; it can't be set aside either: \(error)"
        }
        return failure
    }
}
