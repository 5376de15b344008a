import CloudHypervisor
import Configuration
import Glibc
import Linux

/// The virtual machine monitor's program and version.
struct MonitorProbe: ConfiguredProbe {
    static let name = "monitor"

    /// The first with `-run-with chroot`.
    private static let oldestQEMU = ProgramVersion(8, 1)

    func row(_ configuration: RuntimeConfiguration, on host: CheckHost, earlier: [CheckRow]) -> CheckRow {
        let path = configuration.hypervisor.path
        if let error = refusal(path, X_OK) {
            return missing(
                "'\(path)': \(error)", "correct key 'path' in \(file(configuration)) or install the program")
        }
        let outcome = host.programs.output(path, "--version")
        guard outcome.isSuccess else {
            return missing("'\(path)' does not run: \(outcome.failure)", "reinstall it")
        }
        switch configuration.hypervisor.monitor {
        case .qemu: return qemu(path, outcome, configuration)
        case .cloudHypervisor: return cloudHypervisor(path, outcome, configuration)
        }
    }

    private func qemu(
        _ path: String, _ outcome: ProgramOutcome, _ configuration: RuntimeConfiguration
    ) -> CheckRow {
        guard outcome.firstLine.hasPrefix("QEMU emulator version"),
            let version = ProgramVersion(in: outcome.firstLine)
        else {
            return missing(
                "'\(path)' is no QEMU: it said '\(outcome.firstLine)'",
                "correct key 'path' in \(file(configuration))")
        }
        let found = "QEMU \(version) at '\(path)'"
        guard version >= Self.oldestQEMU else {
            return missing(found, "install QEMU \(Self.oldestQEMU) or newer")
        }
        return CheckRow(Self.name, .ok, required: true, found)
    }

    private func cloudHypervisor(
        _ path: String, _ outcome: ProgramOutcome, _ configuration: RuntimeConfiguration
    ) -> CheckRow {
        let words = outcome.firstLine.split(separator: " ")
        guard words.first == "cloud-hypervisor",
            let version = words.dropFirst().first.flatMap({ CloudHypervisorVersion(String($0)) })
        else {
            return missing(
                "'\(path)' is no Cloud Hypervisor: it said '\(outcome.firstLine)'",
                "correct key 'path' in \(file(configuration))")
        }
        let old = version < .oldest ? ", older than v\(CloudHypervisorVersion.oldest.major)" : ""
        return missing(
            "Cloud Hypervisor v\(version.major) at '\(path)'\(old); this release only plans for it",
            "use [hypervisor.qemu] in \(file(configuration))")
    }

    private func missing(_ found: String, _ advice: String) -> CheckRow {
        CheckRow(Self.name, .missing, required: true, found, advice: advice)
    }
}
