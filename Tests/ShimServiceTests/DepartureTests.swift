import LoopSupport
import NIOPosix
import ShimService
import Synchronization
import Testing

@Suite struct DepartureTests {
    /// A shim that has containers or not, and counts how often it left.
    private final class Shim: Sendable {
        private let state = Mutex((occupancy: Departure.Occupancy.empty, departures: 0))
        var departures: Int { state.withLock { $0.departures } }

        func becomes(_ occupancy: Departure.Occupancy) { state.withLock { $0.occupancy = occupancy } }

        func departure(after patience: Duration = .seconds(600)) -> Departure {
            Departure(
                on: MainLoop(MultiThreadedEventLoopGroup.singleton.next()), patience: patience,
                occupancy: { self.state.withLock { $0.occupancy } },
                leave: { self.state.withLock { $0.departures += 1 } })
        }

        /// Whether it leaves within ten seconds.
        func leaves() async throws -> Bool {
            for _ in 0..<2000 where departures == 0 { try await Task.sleep(for: .milliseconds(5)) }
            return departures > 0
        }
    }

    @Test func anEmptyShimLeavesWhenAsked() async {
        let shim = Shim()
        await shim.departure().ask(now: false)
        #expect(shim.departures == 1)
    }

    @Test func aShimWithContainersLeavesOnlyNow() async {
        let shim = Shim()
        shim.becomes(.used)
        let departure = shim.departure()
        await departure.ask(now: false)
        #expect(shim.departures == 0)
        await departure.ask(now: true)
        #expect(shim.departures == 1)
    }

    /// containerd's caller has gone while the container was made.
    @Test func whatWasAskedDuringACreationHoldsWhenItFails() async {
        let shim = Shim()
        shim.becomes(.beginning)
        let departure = shim.departure()
        await departure.ask(now: false)
        shim.becomes(.empty)
        await departure.consider()
        #expect(shim.departures == 1)
    }

    @Test func whatWasAskedDuringACreationHoldsWhenItSucceeds() async {
        let shim = Shim()
        shim.becomes(.beginning)
        let departure = shim.departure()
        await departure.ask(now: false)
        #expect(shim.departures == 0)
        shim.becomes(.used)
        departure.created()
        #expect(shim.departures == 1)
    }

    @Test func whatWasAskedOfAUsedShimIsForgotten() async {
        let shim = Shim()
        shim.becomes(.used)
        let departure = shim.departure()
        await departure.ask(now: false)
        departure.created()
        shim.becomes(.empty)
        await departure.consider()
        #expect(shim.departures == 0)
    }

    /// containerd has died before it could ask.
    @Test func anEmptyShimThatNobodyAsksLeaves() async throws {
        let shim = Shim()
        await shim.departure(after: .milliseconds(20)).consider()
        #expect(try await shim.leaves())
    }

    @Test func aShimThatWasUsedMeanwhileStays() async throws {
        let shim = Shim()
        let departure = shim.departure(after: .milliseconds(50))
        await departure.consider()
        departure.created()
        try await Task.sleep(for: .milliseconds(1500))
        #expect(shim.departures == 0)
    }
}
