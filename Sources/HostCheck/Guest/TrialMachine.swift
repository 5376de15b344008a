import Configuration
import Hypervisor
import Linux
import OCI
import QEMU
import RuntimeErrors
import Sandbox

/// The machine of a trial: what the planner makes of the configuration, less the two devices that need a daemon, the
/// share and the vsock. It has no network.
struct TrialMachine {
    /// How QEMU is run. Guest and QEMU talk on one socket pair.
    let run: ProgramRun

    init(_ configuration: RuntimeConfiguration, _ host: CheckHost) throws {
        let command = try QEMUCommandLine(Self.plan(configuration, host)).command
        let (ours, theirs) = try socketPair()
        var run = ProgramRun(command.executable, Array(command.arguments.dropFirst()))
        run.conversation = ProgramRun.Conversation(ours: ours, theirs: theirs)
        for descriptor in command.descriptors {
            switch descriptor {
            case .control: run.descriptors.append(try UnnamedListener().listener)
            case .console: run.descriptors.append(theirs)
            default:
                throw RuntimeError(
                    .internalError, "can't try a machine: its plan asks for \(descriptor); report this")
            }
        }
        self.run = run
    }

    /// The plan of a sandbox under this configuration, talkative and without the daemons' devices.
    static func plan(_ configuration: RuntimeConfiguration, _ host: CheckHost) throws -> VMPlan {
        var plan = try fullPlan(configuration, host)
        plan.devices.removeAll { planned in
            switch planned.device {
            case .share, .vsock: true
            default: false
            }
        }
        plan.debug = true
        // A folder that is there in any case, for the switch to be tried; the guest is our own.
        plan.qemu.emptyRoot = host.caller.capabilities.contains(.sysChroot) ? "/" : nil
        return plan
    }

    /// The plan of a sandbox under this configuration.
    static func fullPlan(_ configuration: RuntimeConfiguration, _ host: CheckHost) throws -> VMPlan {
        let name = SandboxName(
            containerdAddress: "", namespace: "", id: try ContainerID(parsing: "swiftlet-check"))
        return try SandboxPlanner(configuration, host: HostFacts(of: host.roots)).plan(
            name, in: StateFolder(of: name, in: host.roots))
    }
}
