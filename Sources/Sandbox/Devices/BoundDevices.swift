import Glibc
package import Linux
import Logging
import PodNetwork
import RuntimeErrors
import Synchronization
package import VFIO

/// The devices of the host that a machine has, from before its boot until after its end. Its calls block.
package final class BoundDevices: Sendable {
    /// How long whoever waits for one of the calls waits: longer than all limits together, as for eight devices whose
    /// drivers take their time.
    static let patience = Duration.seconds(180)

    private let plan: HostDevicePlan
    private let journal: Journal
    private let roots: HostRoots
    private let binder: Binder
    private let back: DeviceReturn
    private let state = Mutex(State())

    private struct State {
        var records: [BindingRecord] = []
        var endpoints: [PhysicalEndpoint] = []
        var disks: [SharedDescriptor] = []
    }

    /// Takes nothing yet.
    package init(
        _ plan: HostDevicePlan, owner: String, journal: Journal, on roots: HostRoots,
        writer: any AttributeWriter = KernelAttributeWriter(), limits: Binder.Limits = Binder.Limits()
    ) {
        self.plan = plan
        self.journal = journal
        self.roots = roots
        binder = Binder(PCIHost(roots), owner: owner, writer: writer, limits: limits)
        back = DeviceReturn(roots, owner: owner, writer: writer, limits: limits)
    }

    /// Takes the devices; what is not as it was by then stands in the journal before.
    ///
    /// - Returns: the devices with their nodes, and sentences for the log.
    /// - Throws: `RuntimeError`; whoever called must call ``giveBack()`` then too.
    package func take() throws -> (devices: [ResolvedDevice], warnings: [String]) {
        var warnings: [String] = []
        for disk in plan.disks where !disk.isReadOnly {
            let claim = try Self.claim(disk)
            state.withLock { $0.disks.append(claim) }
        }
        for endpoint in plan.endpoints {
            try CrashPoint.pass("devices.endpoint")
            try journal.record(.endpoint(endpoint))
            state.withLock { $0.endpoints.append(endpoint) }
            let host = try networkSocket(.route)
            let warning = setAdministrativeAddress(of: endpoint, roots: roots, host: host)
            if let warning { warnings.append(warning) }
        }
        try CrashPoint.pass("devices.bind")
        let devices = try binder.bind(plan.vfio) { record in
            try journal.record(.binding(record))
            state.withLock { $0.records.append(record) }
        }
        try CrashPoint.pass("devices.bound")
        return (devices, warnings)
    }

    /// Gives back what was taken, also after a failure half-way. The machine must have ended.
    package func giveBack() -> RestoreReport {
        try? CrashPoint.pass("devices.return")
        let (records, endpoints) = state.withLock { state in
            state.disks = []
            return (state.records, state.endpoints)
        }
        // One that was set aside while it was taken may still hang: whoever looks at it would hang too.
        let stuck = records.compactMap { Quarantine(roots).entry($0.address) }.map { entry in
            RestoreFailure(
                address: entry.record.address, error: RuntimeError(.unavailable, entry.reason),
                isQuarantined: true)
        }
        let rest = records.filter { record in !stuck.contains { $0.address == record.address } }
        let report = back.run(rest, endpoints, stuck: stuck, by: binder)
        try? CrashPoint.pass("devices.returned")
        return report
    }

    /// Keeps everybody else from mounting or claiming a disk that a guest writes to.
    private static func claim(_ disk: HostDisk) throws(RuntimeError) -> SharedDescriptor {
        do throws(Errno) {
            return try openDescriptor(disk.path, flags: O_RDWR | O_EXCL | O_NONBLOCK).shared()
        } catch .EBUSY {
            throw RuntimeError(
                .failedPrecondition,
                "can't give the guest disk '\(disk.path)': the host or another sandbox uses it; unmount it first"
            )
        } catch {
            throw RuntimeError(error, "can't give the guest disk '\(disk.path)': can't open it for writing")
        }
    }
}

extension RestoreReport {
    /// Whether a journal is of no use any more: everything is back, or set aside with a record of its own.
    package var isSettled: Bool { failures.allSatisfy(\.isQuarantined) }

    /// Says what did not go as it should.
    func log(to logger: Logger) {
        for warning in warnings { logger.warning("devices given back", metadata: ["note": "\(warning)"]) }
        for failure in failures {
            logger.error(
                "device not given back",
                metadata: ["function": "\(failure.address)", "error": "\(failure.error)"])
        }
    }
}
