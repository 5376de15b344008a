package import Hypervisor
package import RuntimeErrors

/// A function that did not come back to what it was.
package struct RestoreFailure: Sendable {
    package var address: HostPCIAddress
    package var error: RuntimeError
    /// Whether it is set aside: no pod gets it until a restore succeeds.
    package var isQuarantined: Bool

    /// Makes a failure; see the properties.
    package init(address: HostPCIAddress, error: RuntimeError, isQuarantined: Bool) {
        self.address = address
        self.error = error
        self.isQuarantined = isQuarantined
    }
}

/// How a restore went.
package struct RestoreReport: Sendable {
    package var failures: [RestoreFailure]
    /// One sentence each, as for a virtual function that is gone and needs nothing any more.
    package var warnings: [String]

    /// Makes a report; see the properties.
    package init(failures: [RestoreFailure] = [], warnings: [String] = []) {
        self.failures = failures
        self.warnings = warnings
    }
}
