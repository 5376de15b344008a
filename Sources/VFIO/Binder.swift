import Glibc
import Hypervisor
package import Linux
package import RuntimeErrors

/// Binds functions to VFIO drivers and gives them back. Every call blocks, within bounds.
package struct Binder: Sendable {
    /// How long things may take.
    package struct Limits: Sendable {
        /// For a link of sysfs or a node of `/dev` to appear.
        package var appearance: Duration
        /// For one function to come back, all attempts together.
        package var restore: Duration
        /// After which no further function is tried.
        package var restoreAll: Duration

        /// Makes limits; see the properties.
        package init(
            appearance: Duration = .seconds(5), restore: Duration = .seconds(30),
            restoreAll: Duration = .seconds(120)
        ) {
            self.appearance = appearance
            self.restore = restore
            self.restoreAll = restoreAll
        }
    }

    let host: PCIHost
    let writer: any AttributeWriter
    let limits: Limits
    let locks: GroupLocks
    let open: @Sendable (String) throws(Errno) -> Void

    /// A binder for the sandbox `owner`. It has the sandbox's group locks, so it is to live as long as the machine;
    /// another one of the same owner goes on where a process ended. `open` opens a node of `/dev` for a trial.
    package init(
        _ host: PCIHost, owner: String, writer: any AttributeWriter = KernelAttributeWriter(),
        limits: Limits = Limits(), open: @escaping @Sendable (String) throws(Errno) -> Void = Self.tryOpening
    ) {
        self.host = host
        self.writer = writer
        self.limits = limits
        self.open = open
        locks = GroupLocks(host.roots, owner: owner)
    }

    /// Takes the locks of all groups and binds what `plan` says. `journal` is called before the first write to each
    /// function, and has to have the record on disk when it returns. When anything fails, all is put back.
    ///
    /// - Returns: the devices with the nodes that the monitor opens.
    /// - Throws: `RuntimeError` that names the function; what could not be put back is in it too.
    package func bind(
        _ plan: BindingPlan, journal: (BindingRecord) throws -> Void
    ) throws(RuntimeError) -> [ResolvedDevice] {
        let held = locks.held
        var bound: [BindingRecord] = []
        var stuck: BindingRecord?
        do throws(RuntimeError) {
            for group in Set(plan.devices.map(\.group)).sorted() { try locks.take(group) }
            for record in plan.bindings {
                try checkUnchanged(record)
                do { try journal(record) } catch {
                    throw RuntimeError(
                        .internalError, "can't bind \(record.address): can't note it in the journal",
                        cause: error)
                }
                do throws(RuntimeError) {
                    try bind(record)
                    bound.append(record)
                } catch {
                    if error.isTimeout { stuck = record } else { bound.append(record) }
                    throw error
                }
            }
            var devices: [ResolvedDevice] = []
            for device in plan.devices { devices.append(try withNode(device)) }
            return devices
        } catch {
            throw withRollback(of: bound, and: stuck, keeping: held, error)
        }
    }

    /// Opens a node for reading and writing, and closes it.
    package static func tryOpening(_ path: String) throws(Errno) {
        _ = try openDescriptor(path, flags: O_RDWR | O_NONBLOCK)
    }

    /// The function may have changed since it was looked at, before the lock was taken.
    private func checkUnchanged(_ record: BindingRecord) throws(RuntimeError) {
        let function = try host.function(record.address)
        let isSame =
            function.vendor == record.vendor && function.device == record.device
            && function.group == record.group && function.driver == record.originalDriver
            && function.driverOverride == record.originalOverride
        guard isSame else {
            throw RuntimeError(
                .aborted, "can't bind \(record.address): it has changed since it was looked at; try again")
        }
    }

    private func bind(_ record: BindingRecord) throws(RuntimeError) {
        let writes = BindingWrites(host.roots, record)
        try write(writes.setOverride(record.boundDriver), record)
        if let driver = record.originalDriver { try write(writes.unbind(from: driver), record) }
        // Whether a driver took it is not in the probe's answer, which differs between kernels.
        let probe = Result { () throws(Errno) in try writer.write(writes.probe.text, to: writes.probe.path) }
        if case .failure(.ETIMEDOUT) = probe { throw failed(writes.probe, record, .ETIMEDOUT) }
        let driver = try wait(for: record.boundDriver, record)
        guard driver == record.boundDriver else {
            var cause: (any Error)?
            if case .failure(let error) = probe { cause = error }
            throw RuntimeError(
                .failedPrecondition,
                "can't bind \(record.address): '\(record.boundDriver)' did not take it, "
                    + "its driver is \(driver.map { "'\($0)'" } ?? "none"); "
                    + "is the kernel module '\(record.boundDriver)' loaded, and does it work here?",
                cause: cause)
        }
    }

    private func write(_ write: PlannedWrite, _ record: BindingRecord) throws(RuntimeError) {
        do throws(Errno) { try writer.write(write.text, to: write.path) } catch {
            throw failed(write, record, error)
        }
    }

    private func failed(
        _ write: PlannedWrite, _ record: BindingRecord, _ error: Errno
    ) -> RuntimeError {
        RuntimeError(
            error, "can't bind \(record.address): can't write '\(write.text)' to '\(write.path)'")
    }

    /// Waits until the function is on `driver`, and says what it is on.
    private func wait(for driver: String, _ record: BindingRecord) throws(RuntimeError) -> String? {
        var backOff = BackOff(limits.appearance)
        while true {
            let current = try host.function(record.address).driver
            if current == driver || !backOff.pause() { return current }
        }
    }

    /// The device with the node that it has now, which must be there and not be open elsewhere.
    private func withNode(_ device: ResolvedDevice) throws(RuntimeError) -> ResolvedDevice {
        var device = device
        var backOff = BackOff(limits.appearance)
        while true {
            if device.access != .group { device.node = try characterDevice(device.host) }
            if let node = device.node {
                do throws(Errno) {
                    try open(node)
                    return device
                } catch .ENOENT {
                    // udev or devtmpfs makes it a moment later.
                } catch .EBUSY {
                    throw RuntimeError(
                        .failedPrecondition,
                        "can't use \(device.host) of iommu group \(device.group): '\(node)' is in use by another process"
                    )
                } catch {
                    throw RuntimeError(
                        error, "can't use \(device.host) of iommu group \(device.group): can't open '\(node)'"
                    )
                }
            }
            guard backOff.pause() else {
                throw RuntimeError(
                    .deadlineExceeded,
                    "can't use \(device.host) of iommu group \(device.group): "
                        + "'\(device.node ?? "\(host.roots.dev)/vfio/devices")' did not appear; is udev running?"
                )
            }
        }
    }

    private func characterDevice(_ device: HostDevice) throws(RuntimeError) -> String? {
        let name: String?
        switch device {
        case .pci(let address), .vendorPCI(let address): name = try host.function(address).characterDevice
        case .mediated(let uuid): name = try host.mediatedDevice(uuid).characterDevice
        }
        return name.map { "\(host.roots.dev)/vfio/devices/\($0)" }
    }

    /// A function whose write hangs is set aside at once: the kernel holds its lock, and whoever looks at it hangs too.
    private func withRollback(
        of bound: [BindingRecord], and stuck: BindingRecord?, keeping held: Set<Int>, _ error: RuntimeError
    ) -> RuntimeError {
        var error = error
        if let stuck {
            let failure = setAside(stuck, error)
            error.message += "; it is set aside, see 'swiftlet devices restore'"
            if !failure.isQuarantined { error = failure.error }
        }
        for failure in restore(bound, keeping: held).failures { error.message += "; \(failure.error)" }
        return error
    }
}

extension RuntimeError {
    /// Whether a write did not come back in time, and may still be under way.
    fileprivate var isTimeout: Bool { (cause as? Errno) == .ETIMEDOUT }
}
