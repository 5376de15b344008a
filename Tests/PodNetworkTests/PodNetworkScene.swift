import FakeHost
import Glibc
import Hypervisor
import Linux
import Netlink
import PodNetwork
import Testing

let isRoot = geteuid() == 0

/// A pod's and a host's network namespace, and a fake sysfs that knows a virtual function behind `vf0`.
struct PodNetworkScene {
    let fake: FakeHost
    let host: NetworkNamespace
    let pod: NetworkNamespace
    let hostSession: NetlinkSession
    let podSession: NetlinkSession
    let function: HostPCIAddress
    var folder: String { "\(fake.roots.sys)/bus/pci/devices/\(function)" }
    var podPath: String { "/proc/\(getpid())/fd/\(pod.descriptor.raw)" }

    init() throws {
        fake = try FakeHost()
        function = try #require(HostPCIAddress("0000:84:01.1"))
        host = try NetworkNamespace.create()
        pod = try NetworkNamespace.create()
        hostSession = try NetlinkSession(over: host.socket(.route))
        podSession = try NetlinkSession(over: pod.socket(.route))
        let parent = "\(fake.roots.sys)/bus/pci/devices/0000:84:00.0"
        try shell("mkdir -p \(folder) \(parent)/net/pf0")
        try shell("echo 0x15b3 > \(folder)/vendor; echo 0x101e > \(folder)/device")
        try shell("ln -s ../../drivers/mlx5_core \(folder)/driver; ln -s ../0000:84:00.0 \(folder)/physfn")
        try shell("ln -s ../0000:84:01.0 \(parent)/virtfn2; ln -s ../0000:84:01.1 \(parent)/virtfn3")
    }

    func ip(_ namespace: NetworkNamespace, _ arguments: String) throws {
        try shell("nsenter --net=/proc/\(getpid())/fd/\(namespace.descriptor.raw) ip \(arguments)")
    }

    func shell(_ command: String) throws {
        guard system(command) == 0 else { throw Errno.EINVAL }
    }

    /// A veth in the pod stands for the function's interface.
    func furnishPod() throws {
        try ip(pod, "link add net1 address 02:00:5e:10:00:01 mtu 1400 type veth peer name p0")
        try ip(pod, "link set net1 up")
        try ip(pod, "addr add 10.9.0.2/24 dev net1")
        try ip(pod, "route add default via 10.9.0.1 dev net1")
        try ip(pod, "route add 10.20.0.0/16 dev net1 metric 7")
    }

    func scan() throws -> [PhysicalEndpoint] {
        let text = function.description
        return try NetworkScan(pod, path: podPath, roots: fake.roots) { (name) throws(Errno) in
            name == "net1" ? text : nil
        }.endpoints()
    }

    /// What the drivers say of a pod's interfaces: a veth stands for the function's, every other kind is foreign.
    static func busInformation(_ function: HostPCIAddress) -> @Sendable (NetworkNamespace) -> BusInformation {
        { namespace in
            { (name) throws(Errno) in
                guard let session = try? NetlinkSession(over: namespace.socket(.route)),
                    let link = try? session.link(named: name), link.kind == "veth"
                else { return nil }
                return function.description
            }
        }
    }

    func endpointReturn(
        patience: Duration = .milliseconds(100), beforeRequest: NetlinkSession.BeforeRequest? = nil
    ) throws -> EndpointReturn {
        EndpointReturn(
            roots: fake.roots, host: try host.socket(.route), patience: patience,
            busInformation: Self.busInformation(function), beforeRequest: beforeRequest)
    }

    func putBack(
        _ endpoint: PhysicalEndpoint, beforeRequest: NetlinkSession.BeforeRequest? = nil
    ) throws -> EndpointReturn.Place {
        try endpointReturn(beforeRequest: beforeRequest).putBack(endpoint)
    }

    /// The function's interface comes to the host anew, as its driver makes it.
    func interfaceAppears(_ name: String = "vf0") throws {
        try ip(host, "link add \(name) type veth peer name p0")
        try showInterfaces()
    }

    /// Sysfs shows the function's interface while it is on the host, under the name that it has.
    func showInterfaces() throws {
        try shell("rm -rf \(folder)/net && mkdir \(folder)/net")
        for link in try hostSession.links() where link.kind == "veth" && !link.name.hasPrefix("p") {
            try shell("mkdir \(folder)/net/\(link.name)")
        }
    }
}

/// A namespace, without what no two runs have in common: indices, the other ends of the interfaces, and routes that the
/// kernel makes by itself, in its own time.
struct NetworkState: Hashable {
    var links: Set<String> = []
    var addresses: Set<InterfaceAddress> = []
    var routes: Set<Route> = []

    init(_ session: NetlinkSession) throws {
        for link in try session.links() where !link.isLoopback && !link.name.hasPrefix("p") {
            let address = link.hardwareAddress?.description ?? ""
            links.insert("\(link.name) \(address) \(link.mtu) \(link.isUp ? "up" : "down")")
            addresses.formUnion(try session.addresses(of: link.index))
            for var route in try session.routes() where route.interface == link.index && !route.isKernelMade {
                route.interface = nil
                routes.insert(route)
            }
        }
    }
}
