import Hypervisor
import Synchronization

/// Turns QEMU's events into the machine's, and remembers why it is going down.
final class EventRecord: Sendable {
    private let onEvent: @Sendable (VMEvent) -> Void
    private let known = Mutex(VMExit.Reason.unexpected)
    private let pausesSoFar = Mutex(VMPauses(isPaused: false, count: 0))

    init(_ onEvent: @escaping @Sendable (VMEvent) -> Void) {
        self.onEvent = onEvent
    }

    /// Why the machine is going down, as far as it is known.
    var reason: VMExit.Reason { known.withLock { $0 } }

    /// What stop and cont commands have done.
    var pauses: VMPauses { pausesSoFar.withLock { $0 } }

    func record(_ name: String, _ data: QMPMessage.EventData?) {
        let event = Self.event(name, data)
        if let cause = Self.reason(event) {
            // A panic is followed by a reset and a shutdown, which are only its consequences.
            known.withLock { if $0 != .guestPanic { $0 = cause } }
        }
        switch event {
        case .paused:
            pausesSoFar.withLock {
                $0.isPaused = true
                $0.count &+= 1
            }
        case .resumed: pausesSoFar.withLock { $0.isPaused = false }
        default: break
        }
        onEvent(event)
    }

    private static func event(_ name: String, _ data: QMPMessage.EventData?) -> VMEvent {
        let byGuest = data?.guest ?? false
        return switch name {
        case "GUEST_PANICKED", "GUEST_CRASHLOADED": .guestPanicked
        case "SHUTDOWN": .shutdown(byGuest: byGuest, reason: data?.reason ?? "")
        case "RESET": .reset(byGuest: byGuest)
        case "STOP": .paused
        case "RESUME": .resumed
        case "DEVICE_DELETED": data?.device.map { .deviceRemoved(id: $0) } ?? .other(name)
        default: .other(name)
        }
    }

    private static func reason(_ event: VMEvent) -> VMExit.Reason? {
        switch event {
        case .guestPanicked: .guestPanic
        case .shutdown(true, "guest-panic"): .guestPanic
        case .shutdown(true, "guest-reset"): .guestReset
        case .shutdown(true, _): .guestShutdown
        default: nil
        }
    }
}
