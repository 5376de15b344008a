import LoopSupport
import NIOCore

/// Lets a few in at a time, in the order in which they came. Used on the loop only.
///
/// Starting a process costs a guest of one processor so much that of a hundred at once most would miss their
/// deadlines; in turn each has its own time.
final class Turnstile {
    private var free: Int
    private var waiting: CircularBuffer<EventLoopPromise<Void>> = []

    init(places: Int) {
        free = places
    }

    /// Returns when there is a place; whoever has it must ``leave()``. Is as quick as those before are.
    func enter(on loop: MainLoop, isolation: isolated (any Actor)? = #isolation) async {
        if free > 0 {
            free -= 1
            return
        }
        let turn = loop.eventLoop.makePromise(of: Void.self)
        waiting.append(turn)
        // It never fails.
        try? await turn.futureResult.get()
    }

    /// Hands the place on.
    func leave() {
        if let next = waiting.popFirst() {
            next.succeed()
        } else {
            free += 1
        }
    }
}
