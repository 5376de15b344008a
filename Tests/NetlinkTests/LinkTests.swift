import Linux
import Netlink
import RuntimeErrors
import Testing

@Suite(.enabled(if: isRoot, "needs root"))
struct LinkTests {
    @Test func oneSocketServesSessionAfterSession() throws {
        let socket = try LaboratoryNetwork().namespace.socket(.route)
        for _ in 0..<3 {
            #expect(try NetlinkSession(over: socket).links().map(\.name).contains("lo"))
        }
    }

    @Test func linksAreToldAsTheyAre() throws {
        let network = try LaboratoryNetwork()
        try network.ip("link add d0 address 02:00:5e:10:00:01 mtu 1400 type veth peer name p0")
        try network.ip("link add br0 type bridge")
        try network.ip("link set d0 master br0 up")
        let link = try network.link("d0")
        #expect(link.hardwareAddress?.description == "02:00:5e:10:00:01")
        #expect(link.mtu == 1400)
        #expect(link.kind == "veth")
        #expect(link.isUp)
        // Its other end is down: IF_OPER_LOWERLAYERDOWN.
        #expect(link.operationalState == 3)
        #expect(link.master == (try network.link("br0").index))
        let loopback = try network.link("lo")
        #expect(loopback.isLoopback && loopback.isUp && loopback.kind == nil)
        #expect(try network.session.link(named: "d1") == nil)
        #expect(try NetlinkSession().links().contains { $0.isLoopback })
    }

    @Test func nameAddressSizeAndStateAreSet() throws {
        let network = try LaboratoryNetwork()
        try network.ip("link add d0 type veth peer name p0")
        let index = try network.link("d0").index
        let address = try #require(MACAddress("02:00:5e:10:00:07"))
        try network.session.rename(index, to: "net1")
        try network.session.setMTU(index, 9000)
        try network.session.setHardwareAddress(index, address)
        try network.session.setUp(index, true)
        let changed = try network.link("net1")
        #expect(changed.mtu == 9000 && changed.hardwareAddress == address && changed.isUp)
        try network.session.setUp(index, false)
        #expect(try network.link("net1").isUp == false)
    }

    @Test func aLinkMovesWithANewName() throws {
        let network = try LaboratoryNetwork()
        let other = try LaboratoryNetwork()
        try network.ip("link add eth7 type veth peer name eth8")
        try network.ip("link add net1 type bridge")
        // The name is taken here, but not there.
        try network.session.move(network.link("eth7").index, to: other.namespace.descriptor.raw, as: "net1")
        #expect(try network.session.link(named: "eth7") == nil)
        #expect(try other.link("net1").kind == "veth")
        let refusal = #expect(throws: KernelRefusal.self) {
            try network.session.move(
                network.link("eth8").index, to: other.namespace.descriptor.raw, as: "net1")
        }
        #expect(refusal?.errno == .EEXIST)
    }

    @Test func aRefusalHasTheKernelsWords() throws {
        let network = try LaboratoryNetwork()
        try network.ip("link add v0 type veth peer name v1")
        let index = try network.link("v0").index
        let refusal = #expect(throws: KernelRefusal.self) { try network.session.setMTU(index, 70_000) }
        #expect(refusal?.errno == .EINVAL)
        #expect(refusal?.explanation == "mtu greater than device maximum")
        let error = RuntimeError(try #require(refusal), "can't set the MTU of 'v0'")
        #expect(
            error.description
                == "can't set the MTU of 'v0': invalid argument (mtu greater than device maximum)")
        #expect(throws: KernelRefusal(.ENODEV)) { try network.session.setUp(9999, true) }
        #expect(throws: KernelRefusal.self) { try network.session.rename(index, to: "a/b") }
    }

    @Test func theAddressOfAVirtualFunctionReachesTheDriver() throws {
        let network = try LaboratoryNetwork()
        try network.ip("link add d0 type veth peer name p0")
        let index = try network.link("d0").index
        let address = try #require(MACAddress("02:00:5e:10:00:07"))
        // A veth has none; the kernel has understood the request when it says just that.
        #expect(throws: KernelRefusal(.EOPNOTSUPP)) {
            try network.session.setVirtualFunctionAddress(index, function: 3, address)
        }
    }
}
