import Sandbox
import Synchronization
import Testing

@Suite struct UndoStackTests {
    @Test func unwindsInReverseOnce() async {
        let order = Mutex<[Int]>([])
        var undo = UndoStack()
        for number in 1...3 { undo.push { order.withLock { $0.append(number) } } }
        await undo.unwind()
        await undo.unwind()
        #expect(order.withLock { $0 } == [3, 2, 1])
    }
}
