import FakeHost
import Hypervisor
import Linux
import VFIO

let gpu = pci("0000:65:00.0")
let sound = pci("0000:65:00.1")
let port = pci("0000:64:01.0")
let nic = pci("0000:84:00.0")
let virtualFunction = pci("0000:84:01.1")
let unbound = pci("0000:a1:00.0")

extension FakeHost {
    /// A host with a GPU that has a sound function and a root port in its group, a NIC with two virtual functions
    /// (one with an override of its own), and a function without a driver.
    static func standard() throws -> FakeHost {
        let host = try FakeHost()
        try host.addDriver("vfio-pci")
        try host.add(.bridge(port, group: 7))
        try host.add(FakeFunction(gpu, group: 7))
        try host.add(
            FakeFunction(sound, driver: "snd_hda_intel", group: 7).with {
                $0.device = 0x22ba
                $0.classCode = 0x04_0300
            })
        try host.add(.network(nic, group: 8, interface: "ens1"))
        try host.addVirtualFunctions(
            [
                .network(virtualFunction, group: 9, interface: "ens1v0").with {
                    $0.driverOverride = "mlx5_core"
                },
                .network(pci("0000:84:01.2"), group: 10, interface: "ens1v1"),
            ], of: nic)
        try host.add(FakeFunction(unbound, driver: nil, group: 11))
        // The folder stays when the first sandbox has made it.
        try host.makeFolder("\(roots(host).run)/vfio")
        return host
    }

    private static func roots(_ host: FakeHost) -> HostRoots { host.roots }

    /// What is asked for of the standard host where nothing else is said.
    static let standardRequests: [VFIORequest] = [
        .function(gpu), .function(virtualFunction), .function(unbound),
    ]

    func plan(
        _ requests: [VFIORequest] = FakeHost.standardRequests, access: VFIOAccess = .group
    ) throws -> BindingPlan {
        try Preflight(PCIHost(roots)).plan(requests, access: access)
    }

    func binder(_ kernel: FakeKernel, owner: String = "pod-a") -> Binder {
        Binder(
            PCIHost(roots), owner: owner, writer: kernel,
            limits: Binder.Limits(appearance: .milliseconds(20), restore: .milliseconds(200)))
    }

    func driver(_ address: HostPCIAddress) throws -> String? { try PCIHost(roots).function(address).driver }
}
