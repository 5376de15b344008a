import FakeHost
import Foundation
import Netlink
import PodNetwork
import RuntimeErrors
import Testing
import VFIO

@testable import Sandbox

@Suite struct JournalTests {
    private let path = FileManager.default.temporaryDirectory.path + "/journal-\(UUID().uuidString)"

    @Test func entriesComeBackInOrder() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let journal = Journal(path: path)
        #expect(try journal.entries().isEmpty)
        try journal.record(.cgroup(key: "a"))
        try journal.record(.cgroup(key: "b"))
        #expect(try journal.entries() == [.cgroup(key: "a"), .cgroup(key: "b")])
    }

    /// S2-12
    @Test func devicesComeBackFromTheJournal() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        var endpoint = PhysicalEndpoint(
            name: "net1", function: pci("0000:84:01.1"),
            hardwareAddress: try #require(MACAddress("02:00:5e:10:00:01")), mtu: 9000,
            namespacePath: "/run/netns/p", namespaceInode: 77, driver: "mlx5_core", model: "0x15b3:0x101e",
            virtual: .init(physicalFunction: pci("0000:84:00.0"), number: 3))
        endpoint.addresses = [InterfaceAddress(local: try #require(IPPrefix("fd00::2/64")))]
        let record = BindingRecord(
            address: pci("0000:84:01.1"), vendor: 0x15b3, device: 0x101e, group: 9,
            originalDriver: "mlx5_core", originalOverride: nil)
        let journal = Journal(path: path)
        try journal.record(.endpoint(endpoint))
        try journal.record(.binding(record))
        #expect(try journal.entries() == [.endpoint(endpoint), .binding(record)])
    }

    @Test func aTornLastLineIsLeftOut() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let journal = Journal(path: path)
        try journal.record(.cgroup(key: "a"))
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.seekToEnd()
        try file.write(contentsOf: Data(#"{"cgroup":{"ke"#.utf8))
        try file.close()
        #expect(try journal.entries() == [.cgroup(key: "a")])
    }

    @Test func anotherVersionIsRefused() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data("{\"version\":99}\n".utf8).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: RuntimeError.self) { try Journal(path: path).entries() }
        #expect(error?.code == .failedPrecondition)
    }
}
