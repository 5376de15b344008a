import Configuration
import Glibc
import Hypervisor
import Linux
import RuntimeErrors
import Sandbox

/// Whether the host really boots the guest, under KVM and with the configured accelerator. A `/dev/kvm` that opens
/// proves nothing: some run only kernels that were made for them.
struct BootProbe {
    static let kvmName = "kvm"
    static let bootName = "guest-boot"

    /// How long a kernel under KVM may be silent: ten times what a slow one takes.
    private static let silence = Duration.seconds(10)

    let configuration: RuntimeConfiguration
    let host: CheckHost

    /// The two rows.
    func rows(earlier: [CheckRow]) -> [CheckRow] {
        let obstacle = earlier.obstacle(
            MonitorProbe.name, MonitorDevicesProbe.name, FirmwareProbe.name, KernelProbe.name,
            GuestRootProbe.name,
            MemoryProbe.name)
        guard case .qemu(let qemu) = configuration.hypervisor.monitor, qemu.accelerator == .tcg else {
            return withKVM(obstacle)
        }
        var trial = GuestTrial(
            goal: .agent, deadline: configuration.dialTimeout, silence: configuration.dialTimeout)
        let boot = obstacle.map(untried) ?? bootRow(trial.run(configuration, on: host), "tcg")
        // Only for information, so a sign of life is enough.
        trial = GuestTrial(goal: .kernel, deadline: Self.silence, silence: .seconds(3))
        return [informationalKVM(obstacle, qemu, trial), boot]
    }

    private func withKVM(_ obstacle: String?) -> [CheckRow] {
        if let (found, advice) = deviceFailure {
            let kvm = CheckRow(Self.kvmName, .missing, required: true, found, advice: advice)
            return [kvm, untried("see \(Self.kvmName)")]
        }
        if let obstacle {
            let kvm = CheckRow(Self.kvmName, .unknown, required: true, "not tried: \(obstacle)")
            return [kvm, untried(obstacle)]
        }
        let trial = GuestTrial(goal: .agent, deadline: configuration.dialTimeout, silence: Self.silence)
        let outcome = trial.run(configuration, on: host)
        let boot = bootRow(outcome, "kvm")
        guard outcome.progress == .nothing, let failure = outcome.failure else {
            return [CheckRow(Self.kvmName, .ok, required: true, "boots the guest's kernel"), boot]
        }
        let advice = "set accelerator = \"tcg\", or use a host whose KVM runs ordinary kernels"
        return [
            CheckRow(Self.kvmName, .missing, required: true, failure, advice: advice),
            untried("see \(Self.kvmName)"),
        ]
    }

    private func informationalKVM(_ obstacle: String?, _ qemu: QEMUConfiguration, _ trial: GuestTrial)
        -> CheckRow
    {
        if let (found, _) = deviceFailure {
            return CheckRow(Self.kvmName, .missing, found, advice: Self.notNeeded)
        }
        if let obstacle { return CheckRow(Self.kvmName, .unknown, "not tried: \(obstacle)") }
        var changed = configuration
        var monitor = qemu
        monitor.accelerator = .kvm
        changed.hypervisor.monitor = .qemu(monitor)
        let outcome = trial.run(changed, on: host)
        guard outcome.progress == .nothing, let failure = outcome.failure else {
            return CheckRow(
                Self.kvmName, .ok, "boots the guest's kernel",
                advice: "set accelerator = \"kvm\", which is many times faster than \"tcg\"")
        }
        return CheckRow(Self.kvmName, .missing, failure, advice: Self.notNeeded)
    }

    private static let notNeeded = "nothing, as long as accelerator is \"tcg\""

    /// What is wrong with the device itself, and what to do.
    private var deviceFailure: (found: String, advice: String)? {
        let device = "\(host.roots.dev)/kvm"
        guard let error = refusal(device, R_OK | W_OK) else { return nil }
        let advice =
            error == .ENOENT
            ? "enable virtualization in the firmware and load kvm_intel or kvm_amd, or set accelerator = \"tcg\""
            : "run this as root, as containerd runs"
        return ("'\(device)': \(error)", advice)
    }

    private func bootRow(_ outcome: GuestTrial.Outcome, _ accelerator: String) -> CheckRow {
        let time = "\(outcome.duration.inSeconds) under \(accelerator)"
        switch outcome.progress {
        case .agent: return CheckRow(Self.bootName, .ok, required: true, "the agent is ready after \(time)")
        case .firstProgram where outcome.failure == nil:
            return CheckRow(
                Self.bootName, .ok, required: true,
                "the kernel has started its first program within \(time); nothing is known of that one's agent"
            )
        default:
            return CheckRow(
                Self.bootName, .missing, required: true, outcome.failure ?? "the guest came no further",
                advice:
                    "try kernel, initrd or image, and kernel_params in turn; enable_debug shows the guest's console"
            )
        }
    }

    private func untried(_ reason: String) -> CheckRow {
        CheckRow(Self.bootName, .unknown, required: true, "not tried: \(reason)")
    }
}
