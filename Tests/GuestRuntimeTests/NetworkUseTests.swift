import GuestRuntime
import Testing

@Suite struct NetworkUseTests {
    @Test func lineOfAnInterface() throws {
        let use = try #require(
            NetworkUse(
                line:
                    "  eth0: 1296   16   1   2    0     0          0         0     2200      20    3    4    0     0       0          0"
            ))
        #expect(use.name == "eth0")
        #expect((use.received.bytes, use.received.packets) == (1296, 16))
        #expect((use.received.errors, use.received.dropped) == (1, 2))
        #expect((use.sent.bytes, use.sent.packets) == (2200, 20))
        #expect((use.sent.errors, use.sent.dropped) == (3, 4))
    }

    @Test(arguments: [
        "Inter-|   Receive                                                |  Transmit",
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets", "", "eth0:",
        "eth0: 1 2 x",
    ])
    func otherLines(_ line: String) {
        #expect(NetworkUse(line: line[...]) == nil)
    }

    @Test func thisMachineHasALoopback() {
        #expect(NetworkUse.ofThisMachine().contains { $0.name == "lo" })
    }
}
