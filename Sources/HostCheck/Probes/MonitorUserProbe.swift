import Configuration
import Linux
import Sandbox

/// Whether the user that the monitor runs as can run it: what Create tries too, before it makes anything.
struct MonitorUserProbe: ConfiguredProbe {
    static let name = "monitor-user"

    static func isRequired(_ configuration: RuntimeConfiguration) -> Bool {
        configuration.security.monitorUser != nil
    }

    func row(_ configuration: RuntimeConfiguration, on host: CheckHost, earlier: [CheckRow]) -> CheckRow {
        guard configuration.security.monitorUser != nil else {
            return CheckRow(Self.name, .ok, "root, which keeps CAP_SYS_CHROOT alone")
        }
        if let reason = earlier.obstacle(
            MonitorProbe.name, FirmwareProbe.name, KernelProbe.name, GuestRootProbe.name)
        {
            return unknown(configuration, because: reason)
        }
        guard host.caller.capabilities.isSuperset(of: [.setuid, .setgid]) else {
            return unknown(configuration, because: "only root can become another user")
        }
        do {
            let plan = try TrialMachine.fullPlan(configuration, host)
            let identity = try MonitorIdentity.find(for: plan, configuration, host.roots)
            return CheckRow(
                Self.name, .ok, required: true, identity.map { "\($0), without capabilities" } ?? "root")
        } catch {
            return CheckRow(
                Self.name, .missing, required: true, "\(error)",
                advice: "see docs/security.md, or take 'vmm_user' out of \(file(configuration))")
        }
    }
}
