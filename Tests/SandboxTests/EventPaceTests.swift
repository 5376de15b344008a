import Testing

@testable import Sandbox

@Suite struct EventPaceTests {
    @Test func aFewPassAtOnceAndAFloodWaits() throws {
        let start = ContinuousClock.now
        var pace = EventPace(from: start)
        let moment = start + .milliseconds(100)
        for _ in 1..<EventPace.most { #expect(pace.pause(at: moment) == nil) }
        #expect(pace.pause(at: moment) == .milliseconds(900))
        #expect(pace.pause(at: start + .seconds(1)) == nil)
    }

    @Test func noMoreThanThatInEverySecond() {
        let start = ContinuousClock.now
        var pace = EventPace(from: start)
        var now = start
        var told = 0
        while now < start + .seconds(10) {
            told += 1
            if let pause = pace.pause(at: now) { now += pause }
            now += .microseconds(10)
        }
        #expect(told <= 11 * EventPace.most)
    }
}
