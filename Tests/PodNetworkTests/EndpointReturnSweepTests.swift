import Linux
import Netlink
import PodNetwork
import RuntimeErrors
import Synchronization
import Testing

/// Whoever puts an interface back may be killed between any two requests to the kernel, and another goes on.
@Suite(.enabled(if: isRoot, "needs root"))
struct EndpointReturnSweepTests {
    /// Counts requests, and lets only the first `limit` pass.
    private final class Cut: Sendable {
        let count = Mutex(0)
        let limit: Int

        init(after limit: Int = .max) {
            self.limit = limit
        }

        func pass() throws(KernelRefusal) {
            let number = count.withLock { count in
                count += 1
                return count
            }
            guard number <= limit else { throw KernelRefusal(.EIO, explanation: "cut off") }
        }
    }

    /// What a pod's and a host's namespace are like.
    private struct Both: Hashable {
        var pod: NetworkState
        var host: NetworkState

        init(_ scene: PodNetworkScene) throws {
            pod = try NetworkState(scene.podSession)
            host = try NetworkState(scene.hostSession)
            // On the host an interface has its addresses from nobody here.
            host.addresses = []
            host.routes = []
        }
    }

    @Test(arguments: [true, false]) func aCutAfterAnyRequestIsMended(_ podIsThere: Bool) throws {
        let scene = try PodNetworkScene()
        try scene.furnishPod()
        try scene.ip(scene.pod, "addr add 10.9.0.3/24 dev net1")
        try scene.ip(scene.pod, "addr add fd00:9::2/64 dev net1 nodad")
        try scene.ip(scene.pod, "route add fd00:20::/64 via fd00:9::1 dev net1 metric 9")
        var endpoint = try #require(try scene.scan().first)
        #expect(endpoint.addresses.count >= 3 && endpoint.routes.count >= 3)
        if !podIsThere { endpoint.namespaceInode = 1 }
        func away() throws {
            for (session, namespace) in [(scene.podSession, scene.pod), (scene.hostSession, scene.host)] {
                for link in try session.links() where ["net1", "vf0"].contains(link.name) {
                    try scene.ip(namespace, "link del \(link.name)")
                }
            }
            try scene.interfaceAppears()
        }
        let before = try Both(scene)
        try away()
        let clean = Cut()
        let place = try scene.putBack(endpoint) { () throws(KernelRefusal) in try clean.pass() }
        let end = try Both(scene)
        #expect(place == (podIsThere ? .pod : .host(name: "vf0")))
        if podIsThere { #expect(end == before) }
        let total = clean.count.withLock { $0 }
        #expect(total >= (podIsThere ? 12 : 3))

        var seen: Set<Both> = []
        for limit in 0..<total {
            try away()
            let cut = Cut(after: limit)
            #expect(throws: RuntimeError.self, "after \(limit)") {
                try scene.putBack(endpoint) { () throws(KernelRefusal) in try cut.pass() }
            }
            try scene.showInterfaces()
            let middle = try Both(scene)
            #expect(middle != end, "after \(limit)")
            seen.insert(withoutRandomAddress(middle))
            // The second of the two has nothing to do.
            for _ in 0..<2 {
                #expect(try scene.putBack(endpoint) == place, "after \(limit)")
                try scene.showInterfaces()
                #expect(try Both(scene) == end, "after \(limit)")
            }
        }
        print(
            "cut off after each of \(total) requests, pod \(podIsThere ? "there" : "gone"): \(seen.count) states mended"
        )
        #expect(seen.count >= (podIsThere ? 9 : 2))
    }

    /// The address that the kernel gave an interface differs from run to run.
    private func withoutRandomAddress(_ state: Both) -> Both {
        var state = state
        func known(_ link: String) -> String {
            link.contains("02:00:5e:10:00:01")
                ? link
                : link.split(separator: " ").enumerated().map {
                    $0.offset == 1 ? "other" : String($0.element)
                }
                .joined(separator: " ")
        }
        state.pod.links = Set(state.pod.links.map(known))
        state.host.links = Set(state.host.links.map(known))
        return state
    }
}
