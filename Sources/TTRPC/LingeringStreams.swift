import NIOCore

/// The streams that a server has ended while their client could still send: data that was under way
/// is ignored, not taken for an attack.
///
/// Only the newest are kept, since a client that has seen the end says nothing more.
struct LingeringStreams {
    private static let capacity = 1024
    private var ids: Set<UInt32> = []
    private var order = CircularBuffer<UInt32>()

    func contains(_ id: UInt32) -> Bool { ids.contains(id) }

    mutating func insert(_ id: UInt32) {
        if order.count >= Self.capacity, let oldest = order.popFirst() { ids.remove(oldest) }
        order.append(id)
        ids.insert(id)
    }

    mutating func remove(_ id: UInt32) { ids.remove(id) }
}
