import Hypervisor
import Linux
import RuntimeErrors

/// One function on its way back to the host.
struct RestoreAttempt {
    enum Outcome {
        case restored
        /// The function of the record is not there any more, for this reason.
        case vanished(String)
        case failed(RuntimeError)
    }

    private let host: PCIHost
    private let writer: any AttributeWriter
    private let record: BindingRecord
    private let writes: BindingWrites
    private var backOff: BackOff
    /// What the kernel said last.
    private var lastError: Errno?
    /// Steps without a pause; a kernel that takes every write and does nothing must not keep this busy.
    private var steps = 0
    private static let stepLimit = 8

    init(binder: Binder, record: BindingRecord) {
        host = binder.host
        writer = binder.writer
        self.record = record
        writes = BindingWrites(binder.host.roots, record)
        backOff = BackOff(binder.limits.restore)
    }

    /// Tries until the function is what it was, or the time is over.
    mutating func run() -> Outcome {
        guard isSound else {
            return failure(.invalidArgument, "its record names a driver that can be none")
        }
        while true {
            let function: PCIFunction
            do throws(RuntimeError) {
                function = try host.function(record.address)
            } catch  where error.code == .notFound {
                return .vanished("it is gone")
            } catch {
                return .failed(error)
            }
            guard function.vendor == record.vendor, function.device == record.device else {
                return .vanished("another function is in its place")
            }
            lastError = nil
            if step(function), steps < Self.stepLimit {
                steps += 1
                continue
            }
            if isRestored(function) { return .restored }
            // A write that hangs is not made again: its first child may still sit in the kernel.
            if lastError == .ETIMEDOUT { return failure(.deadlineExceeded, "a write to sysfs hangs") }
            if isForeign(function) {
                return failure(
                    .failedPrecondition, "driver '\(function.driver ?? "")' has it, which is neither")
            }
            guard backOff.pause() else {
                let driver = function.driver.map { "'\($0)'" } ?? "none"
                return failure(.deadlineExceeded, "its driver is still \(driver)")
            }
        }
    }

    /// Makes the next step; false if there is none, or if it failed.
    private mutating func step(_ function: PCIFunction) -> Bool {
        if isDriverRestored(function) {
            guard function.driverOverride != record.originalOverride else { return false }
            return write(writes.setOverride(record.originalOverride))
        }
        if function.driver == record.boundDriver {
            guard clearOverride(function) else { return false }
            return write(writes.unbind(from: record.boundDriver))
        }
        guard function.driver == nil, let original = record.originalDriver else { return false }
        guard clearOverride(function) else { return false }
        return bindAgain(to: original)
    }

    /// No override may be in the way of the original driver; the recorded one comes back at the end.
    private mutating func clearOverride(_ function: PCIFunction) -> Bool {
        function.driverOverride == nil || write(writes.setOverride(nil))
    }

    /// By a probe; if that does not help, by name; if that does not help either, by an override: that works for
    /// virtual functions whose physical function says that no driver is to take them.
    private mutating func bindAgain(to driver: String) -> Bool {
        for attempt in [
            [writes.probe], [writes.bind(to: driver)], [writes.setOverride(driver), writes.probe],
        ] {
            for next in attempt where lastError != .ETIMEDOUT { _ = write(next) }
            // Another driver than this one may have it, by a write of a process that is no more: that is to be looked at.
            if (try? host.function(record.address))?.driver != nil { return true }
            if lastError == .ETIMEDOUT { return false }
        }
        return false
    }

    private mutating func write(_ write: PlannedWrite) -> Bool {
        do throws(Errno) {
            try writer.write(write.text, to: write.path)
            return true
        } catch {
            lastError = error
            return false
        }
    }

    private func isDriverRestored(_ function: PCIFunction) -> Bool {
        function.driver == record.originalDriver
    }

    private func isRestored(_ function: PCIFunction) -> Bool {
        isDriverRestored(function) && function.driverOverride == record.originalOverride
    }

    /// Whether somebody else gave it a driver meanwhile.
    private func isForeign(_ function: PCIFunction) -> Bool {
        guard let driver = function.driver else { return false }
        return driver != record.boundDriver && driver != record.originalDriver
    }

    /// Whether the names of the record may become parts of paths.
    private var isSound: Bool {
        [record.boundDriver, record.originalDriver ?? "x"].allSatisfy {
            !$0.isEmpty && $0 != "." && $0 != ".." && !$0.utf8.contains(UInt8(ascii: "/"))
                && !$0.utf8.contains(0)
        }
    }

    private func failure(_ code: RuntimeError.Code, _ reason: String) -> Outcome {
        .failed(
            RuntimeError(
                code,
                "can't give pci function \(record.address) back to driver '\(record.originalDriver ?? "none")': "
                    + "\(reason); it is set aside, see 'swiftlet devices restore'", cause: lastError))
    }
}
