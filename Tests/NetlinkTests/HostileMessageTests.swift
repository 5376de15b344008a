import Glibc
import Linux
import Testing

@testable import Netlink

/// What the kernel said in a namespace, cut off and changed everywhere: reading may fail and must end.
@Suite(.enabled(if: isRoot, "needs root"))
struct HostileMessageTests {
    @Test func noCutOrChangedMessageIsATrap() throws {
        let recorded = try Self.record()
        #expect(recorded.count >= 8)
        var understood = 0
        for datagram in recorded {
            understood += Self.read(datagram) ? 1 : 0
            for length in 0..<datagram.count { _ = Self.read(Array(datagram.prefix(length))) }
            for position in datagram.indices {
                for value: UInt8 in [0, 1, 3, 4, 0x7f, 0x80, 0xff, datagram[position] ^ 1] {
                    var changed = datagram
                    changed[position] = value
                    _ = Self.read(changed)
                }
            }
        }
        #expect(understood == recorded.count)
    }

    @Test func lengthsThatReachOutAreRefused() {
        let header: [UInt8] = [15, 0, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
        for length: [UInt8] in [[15, 0, 0, 0], [17, 0, 0, 0], [255, 255, 255, 255], [0, 0, 0, 0]] {
            #expect(throws: NetlinkFormatError.self) {
                try NetlinkMessage.split(length + header.dropFirst(4))
            }
        }
        for attribute: [UInt8] in [[3, 0, 1, 0], [5, 0, 1, 0], [255, 255, 1, 0]] {
            #expect(throws: NetlinkFormatError.self) { try AttributeList(attribute[...]) }
        }
    }

    @Test func aRefusalWithoutAUsableExplanationIsStillOne() throws {
        var payload: [UInt8] = []
        payload.append(integer: Int32(-22))
        payload.append(integer: UInt32.max)
        let message = NetlinkMessage(type: 2, flags: 0x200, sequence: 1, payload: payload[...])
        #expect(try KernelRefusal.decode(message) == KernelRefusal(.EINVAL))
        payload = []
        payload.append(integer: Int32.min)
        #expect(throws: NetlinkFormatError.self) {
            try KernelRefusal.decode(
                NetlinkMessage(type: 2, flags: 0, sequence: 1, payload: payload[...]))
        }
        #expect(KernelRefusal(.EINVAL, explanation: "a\n\u{1b}[31mb").explanation == "a[31mb")
    }

    @Test func theAddressOfAVirtualFunctionIsWrittenAsTheKernelReadsIt() throws {
        let address = try #require(MACAddress("02:00:5e:10:00:07"))
        let bytes = NetlinkSession.virtualFunctionAddress(9, function: 3, address)
        let head: [UInt8] = [0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        let nests: [UInt8] = [48, 0, 22, 0x80, 44, 0, 1, 0x80, 40, 0, 1, 0]
        let value: [UInt8] = [3, 0, 0, 0, 2, 0, 0x5e, 0x10, 0, 7]
        #expect(bytes == head + nests + value + [UInt8](repeating: 0, count: 26))
    }

    /// The messages of three dumps, one by one.
    private static func record() throws -> [[UInt8]] {
        let network = try LaboratoryNetwork()
        try network.ip("link add v0 up type veth peer name v1")
        try network.ip("addr add 10.9.0.2/24 dev v0")
        try network.ip("addr add fd00::2/64 nodad dev v0")
        try network.ip("route add default via 10.9.0.1 dev v0 mtu 1300")
        let session = network.session
        return try
            (session.dump(RTM.getLink, [UInt8](repeating: 0, count: 16))
            + session.dump(RTM.getAddress, [UInt8](repeating: 0, count: 8))
            + session.dump(RTM.getRoute, [UInt8](repeating: 0, count: 12))).map(\.encoded)
    }

    /// Whether all of it makes sense, by each of the readers.
    private static func read(_ datagram: [UInt8]) -> Bool {
        guard let messages = try? NetlinkMessage.split(datagram) else { return false }
        return messages.reduce(into: true) { isGood, message in
            let link = try? Link(message)
            let address = try? InterfaceAddress.decode(message)
            let route = try? Route.decode(message)
            _ = try? KernelRefusal.decode(message)
            switch message.type {
            case RTM.newLink: isGood = isGood && link != nil
            case RTM.newAddress: isGood = isGood && address != nil
            case RTM.newRoute: isGood = isGood && route != nil
            default: break
            }
        }
    }
}
