package import Linux
import PodNetwork
import RuntimeErrors
package import VFIO

/// Gives back to the host what a journal names: functions to their drivers, then interfaces to their pods.
///
/// The machine must have ended. May be done any number of times, also by several processes.
package struct DeviceReturn: Sendable {
    private let roots: HostRoots
    private let owner: String
    private let writer: any AttributeWriter
    private let limits: Binder.Limits
    private let patience: Duration

    /// - Parameters:
    ///   - owner: The key of the sandbox whose journal it is.
    ///   - limits: How long functions may take.
    ///   - patience: How long an interface may take to appear when its function is back.
    package init(
        _ roots: HostRoots, owner: String, writer: any AttributeWriter = KernelAttributeWriter(),
        limits: Binder.Limits = Binder.Limits(), patience: Duration = .seconds(10)
    ) {
        self.roots = roots
        self.owner = owner
        self.writer = writer
        self.limits = limits
        self.patience = patience
    }

    /// Gives everything back, whatever becomes of single devices; other entries are passed over.
    package func run(_ entries: [JournalEntry]) -> RestoreReport {
        let records = entries.compactMap { entry in
            if case .binding(let record) = entry { record } else { nil }
        }
        let endpoints = entries.compactMap { entry in
            if case .endpoint(let endpoint) = entry { endpoint } else { nil }
        }
        // Without records too: the group of a device that needs no write has a lock.
        let binder = Binder(PCIHost(roots), owner: owner, writer: writer, limits: limits)
        return run(records, endpoints, by: binder)
    }

    /// The same by the binder that took the devices, which has their locks. Functions that are `stuck` are not tried.
    func run(
        _ records: [BindingRecord], _ endpoints: [PhysicalEndpoint], stuck: [RestoreFailure] = [],
        by binder: Binder
    ) -> RestoreReport {
        var report = binder.restore(records)
        report.failures += stuck
        let lost = Set(report.failures.map(\.address))
        for endpoint in endpoints.reversed() {
            guard !lost.contains(endpoint.function) else {
                report.failures.append(Self.waiting(endpoint))
                continue
            }
            do {
                try putBack(endpoint, &report)
            } catch {
                report.failures.append(
                    RestoreFailure(
                        address: endpoint.function,
                        error: error as? RuntimeError
                            ?? RuntimeError(
                                .internalError, "can't put interface '\(endpoint.name)' back", cause: error),
                        isQuarantined: false))
            }
        }
        return report
    }

    /// An interface comes back when its function does, which nobody knows but the journal, even if the function is set
    /// aside with a record of its own.
    private static func waiting(_ endpoint: PhysicalEndpoint) -> RestoreFailure {
        RestoreFailure(
            address: endpoint.function,
            error: RuntimeError(
                .unavailable,
                "can't put interface '\(endpoint.name)' back: its function \(endpoint.function) is not back; run "
                    + "'swiftlet devices restore'"),
            isQuarantined: false)
    }

    private func putBack(_ endpoint: PhysicalEndpoint, _ report: inout RestoreReport) throws {
        let host: SharedDescriptor
        do throws(Errno) { host = try networkSocket(.route) } catch {
            throw RuntimeError(error, "can't put interface '\(endpoint.name)' back: no netlink socket")
        }
        let place = try EndpointReturn(roots: roots, host: host, patience: patience).putBack(endpoint)
        guard case .host(let name) = place else { return }
        report.warnings.append(
            "interface '\(endpoint.name)' of \(endpoint.function) stays on the host as '\(name)': the network "
                + "namespace '\(endpoint.namespacePath)' is gone")
    }
}
