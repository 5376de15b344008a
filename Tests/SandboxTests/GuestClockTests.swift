import Testing

@testable import Sandbox

/// Clocks are injected here: no namespace gives a process a wall clock of its own, and the host's is not ours to set.
@Suite struct GuestClockTests {
    private static let second: Int64 = 1_000_000_000
    private static let day = 86_400 * second
    private static let start = HostTime(
        wall: 1_700_000_000 * second, boot: 500 * second, running: 400 * second)

    private func clock() -> GuestClock {
        var clock = GuestClock()
        clock.wasSet(at: Self.start, pauses: 0)
        return clock
    }

    /// Ten seconds on, with a change.
    private func isDoubtful(pauses: UInt64 = 0, _ change: (inout HostTime) -> Void = { _ in }) -> Bool {
        var clock = clock()
        var now = Self.start
        now.wall += 10 * Self.second
        now.boot += 10 * Self.second
        now.running += 10 * Self.second
        change(&now)
        return clock.isDoubtful(at: now, pauses: pauses, lookedEvery: 10 * Self.second)
    }

    @Test func oneThatWasNeverSetIsDoubtful() {
        var clock = GuestClock()
        let isDoubtful = clock.isDoubtful(at: Self.start, pauses: 0, lookedEvery: 1)
        #expect(isDoubtful)
    }

    @Test func timeThatGoesOnIsNoReason() {
        #expect(!isDoubtful())
        // A wall clock that is slewed a little, and a look that is a little late.
        #expect(!isDoubtful { $0.wall += Self.second / 10 })
        #expect(
            !isDoubtful {
                $0.wall += Self.second / 2
                $0.boot += Self.second / 2
                $0.running += Self.second / 2
            })
    }

    /// Row 33: the host's wall clock steps.
    @Test(arguments: [day, -day, second, -second]) func aStepOfTheHostsClockIsOne(_ step: Int64) {
        #expect(isDoubtful { $0.wall += step })
    }

    @Test func manySmallDifferencesAddUp() {
        var clock = clock()
        var now = Self.start
        var looks = 0
        repeat {
            looks += 1
            now.wall += 10 * Self.second + 10_000_000
            now.boot += 10 * Self.second
            now.running += 10 * Self.second
        } while !clock.isDoubtful(at: now, pauses: 0, lookedEvery: 10 * Self.second) && looks < 100
        #expect(looks == 26)
    }

    @Test func aSuspendedHostIsOne() {
        #expect(
            isDoubtful {
                $0.wall += 600 * Self.second
                $0.boot += 600 * Self.second
            })
    }

    @Test func aPauseOfTheMachineIsOne() {
        #expect(isDoubtful(pauses: 1))
    }

    @Test func aLookThatComesMuchTooLateIsOne() {
        #expect(
            isDoubtful {
                $0.wall += 60 * Self.second
                $0.boot += 60 * Self.second
                $0.running += 60 * Self.second
            })
    }

    @Test func onceSetItIsTrustedAgain() {
        var clock = clock()
        var now = Self.start
        now.wall += Self.day
        let before = clock.isDoubtful(at: now, pauses: 3, lookedEvery: 10 * Self.second)
        clock.wasSet(at: now, pauses: 3)
        now.wall += 10 * Self.second
        now.boot += 10 * Self.second
        now.running += 10 * Self.second
        let after = clock.isDoubtful(at: now, pauses: 3, lookedEvery: 10 * Self.second)
        #expect([before, after] == [true, false])
    }
}
