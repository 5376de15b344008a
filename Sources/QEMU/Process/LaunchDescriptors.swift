import Glibc
import Hypervisor
import Linux
import RuntimeErrors

/// The descriptors of a launch: what the process inherits, and the shim's own ends.
///
/// Everything is closed with the last copy of the value, whatever happens in between; the process has its own
/// by then. `placements` holds bare numbers, so the value must outlive their use.
struct LaunchDescriptors {
    /// What goes to the process, number by number from 0.
    private(set) var placements: [ChildLaunch.Placement] = []
    private var kept: [SharedDescriptor] = []

    /// The shim's connection to the control socket, made before the process exists: when the process dies
    /// early, this ends.
    let control: SharedDescriptor
    /// The shim's end of the console.
    let console: SharedDescriptor
    /// The shim's end of standard output and error.
    let output: SharedDescriptor

    init(for command: MonitorCommand, _ plan: VMPlan, _ launch: MonitorLaunch) throws {
        let listener: SharedDescriptor
        let consoleThere: SharedDescriptor
        (listener, control) = try Self.controlSocket(plan)
        do throws(Errno) {
            (console, consoleThere) = try socketPair()
            let outputThere: SharedDescriptor
            (output, outputThere) = try makePipe()
            let null = try openDescriptor("/dev/null", flags: O_RDONLY).shared()
            placements = [(null.raw, 0), (outputThere.raw, 1), (outputThere.raw, 2)]
            kept = [null, outputThere, consoleThere, listener]
        } catch {
            throw RuntimeError(error, "can't make the descriptors of sandbox '\(plan.sandbox.id)'")
        }
        for (index, purpose) in command.descriptors.enumerated() {
            let source: CInt
            switch purpose {
            case .control: source = listener.raw
            case .console: source = consoleThere.raw
            case .vhostUser(let device): source = try connect(toDaemonOf: device, plan)
            case .vhostVsock, .events, .iommufd, .vfio, .usb: source = try Self.given(purpose, launch, plan)
            }
            placements.append((source, MonitorCommand.firstDescriptor + CInt(index)))
        }
    }

    /// The listening socket and a connection to it. Its file is gone at once: nobody else has business there,
    /// and nothing is left behind whatever ends the sandbox.
    private static func controlSocket(
        _ plan: VMPlan
    ) throws -> (listener: SharedDescriptor, connection: SharedDescriptor) {
        let path = plan.control.path
        try CrashPoint.pass("monitor.socket")
        let listener = try UnixListener(binding: path, backlog: 1)
        defer { _ = unlink(path) }
        try CrashPoint.pass("monitor.connect")
        do throws(Errno) {
            let connection = try connectUnixSocket(path, blocking: false).shared()
            let copy = fcntl(listener.descriptor.raw, F_DUPFD_CLOEXEC, 3)
            guard copy >= 0 else { throw Errno.current }
            return (SharedDescriptor(owning: copy), connection)
        } catch {
            throw RuntimeError(error, "can't make the control socket '\(path)'")
        }
    }

    private mutating func connect(toDaemonOf id: String, _ plan: VMPlan) throws -> CInt {
        guard let path = plan.devices.first(where: { $0.id == id })?.vhostUserSocket else {
            throw RuntimeError(.internalError, "can't connect device '\(id)': the plan has no socket for it")
        }
        do throws(Errno) {
            let connection = try connectUnixSocket(path, blocking: false).shared()
            kept.append(connection)
            return connection.raw
        } catch {
            throw RuntimeError(
                .unavailable,
                "can't connect device '\(id)' to its daemon at '\(path)': nobody listens there; start the daemon first",
                cause: error)
        }
    }

    private static func given(
        _ purpose: PlannedDescriptor, _ launch: MonitorLaunch, _ plan: VMPlan
    ) throws -> CInt {
        guard let descriptor = launch.descriptors[purpose] else {
            throw RuntimeError(
                .internalError, "can't boot sandbox '\(plan.sandbox.id)': its \(purpose) was not opened")
        }
        return descriptor
    }
}

extension PlannedDevice {
    /// Where the device's daemon listens, if it has one.
    fileprivate var vhostUserSocket: String? {
        switch device {
        case .share(let share): share.socketPath
        case .vsock(.vhostUser(_, let socketPath, _)): socketPath
        default: nil
        }
    }
}
