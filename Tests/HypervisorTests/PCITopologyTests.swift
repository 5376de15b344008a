import Hypervisor
import RuntimeErrors
import Testing

@Suite struct PCITopologyTests {
    @Test func skipsTheMachinesOwnSlots() throws {
        for (bus, first, count) in [(PCIRootBus.q35, "01", 30), (.microvm, "01", 31), (.flat, "01", 31)] {
            var topology = PCITopology(rootBus: bus)
            let paths = try (0..<count).map { try topology.placeOnRoot("d\($0)").description }
            #expect(paths.first == first)
            #expect(Set(paths).count == count)
            #expect(!paths.contains("00"))
            #expect(paths.contains("1f") == (bus != .q35))
            let error = #expect(throws: RuntimeError.self) { try topology.placeOnRoot("last") }
            #expect(error?.code == .resourceExhausted)
        }
    }

    @Test func aPortTakesOneDevice() throws {
        var topology = PCITopology(rootBus: .q35)
        _ = try topology.placeOnRoot("first")
        let port = try topology.addRootPort()
        #expect(port.path.description == "02")
        #expect(try topology.place("a", behind: port.id).description == "02/00")
        #expect(throws: RuntimeError.self) { try topology.place("b", behind: port.id) }
        #expect(throws: RuntimeError.self) { try topology.place("c", behind: "rp9") }
    }

    @Test func chassisAndSlotAreUnique() throws {
        var topology = PCITopology(rootBus: .q35)
        for _ in 0..<3 { _ = try topology.addRootPort() }
        _ = try topology.addSwitch(downstreamPorts: 3)
        _ = try topology.addSwitch(downstreamPorts: 2)
        let numbers = topology.ports.filter { $0.kind != .switchUpstream }.map { "\($0.chassis).\($0.slot)" }
        #expect(Set(numbers).count == numbers.count)
        #expect(Set(topology.ports.map(\.id)).count == topology.ports.count)
        #expect(Set(topology.ports.map(\.path)).count == topology.ports.count)
    }

    @Test func aSwitchHasItsPortsBehindIt() throws {
        var topology = PCITopology(rootBus: .q35)
        let ports = try topology.addSwitch(downstreamPorts: 2)
        #expect(ports.map(\.path.description) == ["01/00/00", "01/00/01"])
        #expect(try topology.place("gpu", behind: "swdp1").description == "01/00/01/00")
        #expect(throws: RuntimeError.self) { try topology.place("x", behind: "swup0") }
    }

    @Test func portsEndWithTheIOSpace() throws {
        var topology = PCITopology(rootBus: .q35)
        for _ in 0..<15 { _ = try topology.addRootPort() }
        #expect(throws: RuntimeError.self) { try topology.addSwitch(downstreamPorts: 2) }
        #expect(topology.ports.count == 15)
        _ = try topology.addSwitch(downstreamPorts: 1)
        let error = #expect(throws: RuntimeError.self) { try topology.addRootPort() }
        #expect(error?.code == .resourceExhausted)
        // One that claims none is not bound to that.
        _ = try topology.addRootPort(isHotPluggable: false, claimsIO: false)
    }

    @Test func aFlatBusHasNoPorts() {
        var topology = PCITopology(rootBus: .flat)
        let error = #expect(throws: RuntimeError.self) { try topology.addRootPort() }
        #expect(error?.code == .failedPrecondition)
        #expect(throws: RuntimeError.self) { try topology.addSwitch(downstreamPorts: 0) }
    }
}
