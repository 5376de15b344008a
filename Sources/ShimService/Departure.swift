package import LoopSupport
import Synchronization

/// Decides when a shim leaves: when containerd says so, or when nobody seems to need it any more.
///
/// containerd may ask while a container is still being made, as it does when its own caller has gone; or it may have
/// died and never ask. A shim that stayed then would stay for good.
package final class Departure: Sendable {
    /// How long a shim without containers waits to be asked.
    package static let patience = Duration.seconds(30)
    private static let lastLook = Duration.seconds(1)

    /// What a shim has to stay for.
    package enum Occupancy: Sendable {
        case empty
        /// A container is being made, and there is no other.
        case beginning
        case used
    }

    private struct State {
        /// Whether the shim was told to leave when it could not.
        var isWanted = false
        /// How many containers were ever made.
        var creations = 0
    }

    private let state = Mutex(State())
    private let loop: MainLoop
    private let patience: Duration
    private let occupancy: @Sendable () async -> Occupancy
    private let leave: @Sendable () -> Void

    /// - Parameters:
    ///   - patience: how long a shim without containers waits to be asked.
    ///   - occupancy: what there is to stay for.
    ///   - leave: called when it is time; more than once, perhaps.
    package init(
        on loop: MainLoop, patience: Duration = Departure.patience,
        occupancy: @escaping @Sendable () async -> Occupancy, leave: @escaping @Sendable () -> Void
    ) {
        self.loop = loop
        self.patience = patience
        self.occupancy = occupancy
        self.leave = leave
    }

    /// containerd asks the shim to leave: at once, if it is empty, or when its first container is made or not made.
    package func ask(now: Bool) async {
        let occupancy = await occupancy()
        if now || occupancy == .empty { return leave() }
        if occupancy == .beginning { state.withLock { $0.isWanted = true } }
    }

    /// A container was made; for nobody, if the shim was asked to leave meanwhile.
    package func created() {
        let isWanted = state.withLock { state in
            state.creations &+= 1  // 2⁶⁴ containers do not come
            return state.isWanted
        }
        if isWanted { leave() }
    }

    /// The shim may be empty now: it has just begun, or a container was not made, or was deleted.
    package func consider() async {
        guard await occupancy() == .empty else { return }
        let (isWanted, creations) = state.withLock { ($0.isWanted, $0.creations) }
        if isWanted { return leave() }
        loop.task { [self] in
            // A shim that was stopped for long first takes what has come meanwhile.
            for pause in [patience, Self.lastLook] {
                try await loop.sleep(for: pause)
                guard await occupancy() == .empty, state.withLock({ $0.creations }) == creations else {
                    return
                }
            }
            leave()
        }
    }
}
