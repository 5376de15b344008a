/// The way back: each effect pushes what undoes it, and a failure runs them in reverse.
package struct UndoStack: Sendable {
    private var steps: [@Sendable () async -> Void] = []

    package init() {}

    /// Adds the undo of an effect that has just been done.
    package mutating func push(_ step: @escaping @Sendable () async -> Void) {
        steps.append(step)
    }

    /// Runs every undo, the newest first, and forgets them.
    package mutating func unwind() async {
        while let step = steps.popLast() {
            await step()
        }
    }
}
