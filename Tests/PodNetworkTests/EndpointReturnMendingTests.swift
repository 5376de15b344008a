import CCap
import FakeHost
import Glibc
import Hypervisor
import Linux
import Netlink
import PodNetwork
import RuntimeErrors
import Testing

/// What others have done to an interface meanwhile, and what can't be told.
@Suite(.enabled(if: isRoot, "needs root"))
struct EndpointReturnMendingTests {
    /// A pod as it was, the endpoint that it had, and its interface gone.
    private func scene() throws -> (PodNetworkScene, PhysicalEndpoint, NetworkState) {
        let scene = try PodNetworkScene()
        try scene.furnishPod()
        let endpoint = try #require(try scene.scan().first)
        let state = try NetworkState(scene.podSession)
        try scene.ip(scene.pod, "link del net1")
        return (scene, endpoint, state)
    }

    /// What stands in the pod under the right name, by somebody's orders or half of our own.
    static let halves = [
        [],
        ["link set net1 up"],
        ["link set net1 address 02:00:5e:10:00:01", "link set net1 up", "addr add 10.9.0.2/24 dev net1"],
        ["link set net1 up", "addr add 10.9.0.2/24 dev net1", "route add default via 10.9.0.1 dev net1"],
        ["addr add 10.9.0.2/24 dev net1", "link set net1 mtu 900"],
    ]

    @Test(arguments: halves) func whatIsThereInHalfIsMadeWhole(_ half: [String]) throws {
        let (scene, endpoint, state) = try scene()
        try scene.ip(scene.pod, "link add net1 type veth peer name p0")
        for step in half { try scene.ip(scene.pod, step) }
        #expect(try NetworkState(scene.podSession) != state)
        #expect(try scene.putBack(endpoint) == .pod)
        #expect(try NetworkState(scene.podSession) == state)
    }

    @Test func aNewNameOnTheHostIsNoHindrance() throws {
        let (scene, endpoint, state) = try scene()
        try scene.interfaceAppears("vf0")
        try scene.ip(scene.host, "link set vf0 name ens3f1v2")
        try scene.showInterfaces()
        #expect(try scene.putBack(endpoint) == .pod)
        #expect(try NetworkState(scene.podSession) == state)
    }

    /// A pod with the host's network: there is nowhere to move it, but a name to give.
    @Test func inTheHostsNamespaceItIsRenamed() throws {
        let scene = try PodNetworkScene()
        try scene.ip(scene.host, "link add net1 address 02:00:5e:10:00:01 mtu 1400 type veth peer name p0")
        try scene.ip(scene.host, "link set net1 up")
        try scene.ip(scene.host, "addr add 10.9.0.2/24 dev net1")
        let state = try NetworkState(scene.hostSession)
        let path = "/proc/\(getpid())/fd/\(scene.host.descriptor.raw)"
        let text = scene.function.description
        let found = try NetworkScan(scene.host, path: path, roots: scene.fake.roots) { (name) throws(Errno) in
            name == "net1" ? text : nil
        }.endpoints()
        try scene.ip(scene.host, "link del net1")
        try scene.interfaceAppears()
        #expect(try scene.putBack(#require(found.first)) == .pod)
        #expect(try NetworkState(scene.hostSession) == state)
    }

    /// What stands at the path when the pod has gone.
    static let remains = [
        "nothing": "true", "nothing, nor a folder": "true", "a file": "touch PATH", "a folder": "mkdir PATH",
        "a pipe": "mkfifo PATH", "another namespace": "ln -s /proc/self/ns/net PATH",
    ]

    @Test(arguments: remains.keys.sorted()) func aPodThatHasGoneIsKnown(_ what: String) throws {
        var (scene, endpoint, _) = try scene()
        try scene.interfaceAppears()
        let path = "\(scene.fake.roots.run)/pod"
        try scene.shell("mkdir -p \(scene.fake.roots.run)")
        try scene.shell((Self.remains[what] ?? "").replacing("PATH", with: path))
        endpoint.namespacePath = what.hasSuffix("folder") && what != "a folder" ? "\(path)/x/y" : path
        #expect(try scene.putBack(endpoint) == .host(name: "vf0"))
    }

    @Test(arguments: [true, false]) func aPathThatCantBeFollowedIsNoPodThatHasGone(_ loops: Bool) throws {
        var (scene, endpoint, _) = try scene()
        try scene.interfaceAppears()
        endpoint.namespacePath =
            "\(scene.fake.roots.prefix)/\(loops ? "loop" : String(repeating: "a", count: 300))"
        if loops { try scene.shell("ln -s loop \(endpoint.namespacePath)") }
        let error = #expect(throws: RuntimeError.self) { try scene.putBack(endpoint) }
        #expect(error?.code == .invalidArgument)
        #expect(
            error?.description.contains("can't tell whether '\(endpoint.namespacePath)' is still the pod's")
                == true)
        try expectUntouched(scene)
    }

    @Test func withoutTheRightToEnterThePodIsNotGone() throws {
        let (scene, endpoint, state) = try scene()
        try scene.interfaceAppears()
        let orders = try scene.endpointReturn()
        let error = try withoutSystemAdministration {
            #expect(throws: RuntimeError.self) { try orders.putBack(endpoint) }
        }
        #expect(error?.code == .permissionDenied)
        #expect(error?.description.contains("setns failed") == true)
        try expectUntouched(scene)
        // Tried again with it.
        #expect(try orders.putBack(endpoint) == .pod)
        #expect(try NetworkState(scene.podSession) == state)
    }

    @Test func aRefusalKeepsItsCode() throws {
        var (scene, endpoint, _) = try scene()
        try scene.interfaceAppears()
        endpoint.mtu = 20
        let error = #expect(throws: RuntimeError.self) { try scene.putBack(endpoint) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.description.contains("left: MTU 20 (") == true)
        // The rest is done.
        let link = try #require(try scene.podSession.link(named: "net1"))
        #expect(link.isUp && link.hardwareAddress == endpoint.hardwareAddress)
        #expect(
            try scene.podSession.addresses(of: link.index).contains { $0.local.description == "10.9.0.2/24" })
    }

    /// S2-13.
    @Test func theFirstIsPutBackWhateverBecomesOfTheSecond() throws {
        let (scene, endpoint, state) = try scene()
        try scene.interfaceAppears()
        var lost = endpoint
        lost.name = "net2"
        for order in [[endpoint, lost], [lost, endpoint]] {
            let results = try scene.endpointReturn().putAllBack(order)
            try #require(results.count == 2)
            for (asked, result) in zip(order, results) {
                switch result {
                case .success(let place): #expect(asked.name == "net1" && place == .pod)
                case .failure(let error):
                    #expect(asked.name == "net2" && error.code == .deadlineExceeded)
                    #expect(error.message == "can't put interface 'net2' of 0000:84:01.1 back")
                }
            }
            #expect(try NetworkState(scene.podSession) == state)
            try scene.showInterfaces()
        }
    }

    /// The interface is on the host as it came.
    private func expectUntouched(_ scene: PodNetworkScene) throws {
        let link = try #require(try scene.hostSession.link(named: "vf0"))
        #expect(link.mtu == 1500 && link.hardwareAddress?.description != "02:00:5e:10:00:01")
        #expect(try scene.podSession.link(named: "net1") == nil)
    }

    /// Does something on this thread without CAP_SYS_ADMIN.
    private func withoutSystemAdministration<Result>(_ body: () throws -> Result) throws -> Result {
        func set(_ flag: cap_flag_value_t) throws {
            guard let own = cap_get_proc() else { throw Errno.current }
            defer { cap_free(UnsafeMutableRawPointer(own)) }
            var capability = cap_value_t(CAP_SYS_ADMIN)
            guard cap_set_flag(own, CAP_EFFECTIVE, 1, &capability, flag) == 0, cap_set_proc(own) == 0 else {
                throw Errno.current
            }
        }
        try set(CAP_CLEAR)
        let result = Swift.Result { try body() }
        try set(CAP_SET)
        return try result.get()
    }
}
