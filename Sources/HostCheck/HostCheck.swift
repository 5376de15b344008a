package import Configuration
package import RuntimeErrors

/// Looks at a host: whether a container could run, and what could be better.
package enum HostCheck {
    private static let hostProbes: [any HostProbe] = [
        LinuxProbe(), CapabilitiesProbe(), CgroupProbe(), MountCallsProbe(), NamespacesProbe(),
        UserNamespacesProbe(), SeccompProbe(), StateFolderProbe(), OpenFilesProbe(), LockedMemoryProbe(),
        ProcessesProbe(), PropagationProbe(), OverlayProbe(), IOMMUProbe(), ContainerdProbe(), ShimProbe(),
    ]

    /// Each may build on those before it.
    private static let configuredProbes: [any ConfiguredProbe] = [
        MemoryProbe(), VsockProbe(), VirtiofsdProbe(), FileServerProbe(), MonitorProbe(),
        MonitorDevicesProbe(),
        FirmwareProbe(), KernelProbe(), KernelOptionsProbe(), GuestRootProbe(), MonitorUserProbe(),
        VFIODriverProbe(), VFIONodesProbe(), VFIOMemoryProbe(), VFIODevicesProbe(),
    ]

    /// Looks at everything, in order. Every report has the same rows.
    ///
    /// - Parameter configuration: what the shim would run with, or why it can't be read.
    package static func report(
        on host: CheckHost, _ configuration: Result<RuntimeConfiguration, RuntimeError>
    ) -> CheckReport {
        var rows = [configurationRow(configuration)] + hostProbes.map { $0.row(on: host) }
        switch configuration {
        case .success(let configuration):
            for probe in configuredProbes {
                rows.append(probe.row(configuration, on: host, earlier: rows))
            }
            rows += BootProbe(configuration: configuration, host: host).rows(earlier: rows)
        case .failure:
            let names = configuredProbes.map { type(of: $0).name } + [BootProbe.kvmName, BootProbe.bootName]
            rows += names.map { CheckRow($0, .unknown, "not tried: see configuration") }
        }
        return CheckReport(rows: rows)
    }

    private static func configurationRow(
        _ configuration: Result<RuntimeConfiguration, RuntimeError>
    ) -> CheckRow {
        let name = "configuration"
        switch configuration {
        case .failure(let error):
            return CheckRow(
                name, .missing, required: true, error.description,
                advice: "correct it; docs/configuration.md has every key")
        case .success(let configuration):
            let files = configuration.files.map { "'\($0)'" }.joined(separator: ", ")
            guard configuration.warnings.isEmpty else {
                return CheckRow(
                    name, .warning, required: true,
                    "\(files): \(configuration.warnings.joined(separator: "; "))",
                    advice: "take these keys out")
            }
            return CheckRow(name, .ok, required: true, files)
        }
    }
}
