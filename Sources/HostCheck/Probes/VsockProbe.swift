import Configuration
import Glibc
import Linux
import Sandbox

/// What carries the shim's connection to the guest: the host's kernel, a daemon, or the monitor itself.
struct VsockProbe: ConfiguredProbe {
    static let name = "vsock"

    func row(_ configuration: RuntimeConfiguration, on host: CheckHost, earlier: [CheckRow]) -> CheckRow {
        guard case .qemu(let qemu) = configuration.hypervisor.monitor else {
            return CheckRow(Self.name, .ok, required: true, "the monitor has one of its own")
        }
        let device = "\(host.roots.dev)/vhost-vsock"
        if HostFacts(of: host.roots).hasVhostVsock {
            if let error = refusal(device, R_OK | W_OK) {
                return missing(
                    "'\(device)' cannot be opened: \(error)", "run this as root, as containerd runs")
            }
            return CheckRow(Self.name, .ok, required: true, "'\(device)'")
        }
        let path = qemu.vsockDaemon
        if let error = refusal(path, X_OK) {
            return missing(
                "no '\(device)', and '\(path)': \(error)",
                "load the module vhost_vsock, or install vhost-device-vsock and name it by 'vhost_user_vsock_daemon' in \(file(configuration))"
            )
        }
        let outcome = host.programs.output(path, "--version")
        guard outcome.isSuccess, outcome.firstLine.hasPrefix("vhost-device-vsock "),
            let version = ProgramVersion(in: outcome.firstLine)
        else {
            return missing(
                "no '\(device)', and '\(path)' is no vhost-device-vsock that runs: \(outcome.failure)",
                "correct 'vhost_user_vsock_daemon' in \(file(configuration))")
        }
        return CheckRow(
            Self.name, .ok, required: true,
            "vhost-device-vsock \(version) at '\(path)', as there is no '\(device)'")
    }

    private func missing(_ found: String, _ advice: String) -> CheckRow {
        CheckRow(Self.name, .missing, required: true, found, advice: advice)
    }
}
