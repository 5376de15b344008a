import FakeHost
import FoundationEssentials
import HostDevices
import Hypervisor
import Linux
import OCI
import RuntimeErrors
import Sandbox
import Synchronization
import VFIO

let gpu = pci("0000:65:00.0")
let sound = pci("0000:65:00.1")
let port = pci("0000:64:01.0")
let nic = pci("0000:84:00.0")
let virtualFunction = pci("0000:84:01.1")
let unbound = pci("0000:a1:00.0")

extension FakeHost {
    /// A GPU with sound and a root port in its group, a NIC that is up with a virtual function, and a function without
    /// a driver.
    static func standard() throws -> FakeHost {
        let host = try FakeHost()
        try host.addDriver("vfio-pci")
        try host.add(.bridge(port, group: 7))
        try host.add(FakeFunction(gpu, group: 7).with { $0.numaNode = 1 })
        try host.add(
            FakeFunction(sound, driver: "snd_hda_intel", group: 7).with {
                $0.device = 0x22ba
                $0.classCode = 0x04_0300
            })
        try host.add(.network(nic, group: 8, interface: "ens1"))
        try host.setInterface("ens1", isUp: true)
        try host.addVirtualFunctions(
            [
                .network(virtualFunction, group: 9, interface: "ens1v0").with {
                    $0.driverOverride = "mlx5_core"
                }
            ],
            of: nic)
        try host.add(FakeFunction(unbound, driver: nil, group: 11))
        try host.makeFolder("\(host.roots.run)/vfio")
        return host
    }

    func writeNames() throws {
        try write(
            """
            10de  NVIDIA Corporation
            \t2330  GH100 [H100 SXM5 80GB]
            \t22ba  AD102 High Definition Audio Controller
            15b3  Mellanox Technologies
            \t101e  ConnectX Family mlx5Gen Virtual Function
            8086  Intel Corporation
            C 02  Network controller
            \t00  Ethernet controller
            C 03  Display controller
            \t02  3D controller
            C 04  Multimedia controller
            \t03  Audio device
            C 06  Bridge
            \t04  PCI bridge

            """, to: roots.pciNames[0])
    }

    /// Tools that write to the fake kernel, and what they say.
    func tools(_ kernel: FakeKernel? = nil) -> (DeviceTools, Said) {
        let said = Said()
        let tools = DeviceTools(
            roots, writer: kernel ?? FakeKernel(self),
            limits: Binder.Limits(appearance: .milliseconds(20), restore: .milliseconds(200)),
            say: said.add)
        return (tools, said)
    }

    func bind(_ requests: VFIORequest..., kernel: FakeKernel? = nil, dryRun: Bool = false) throws -> [String]
    {
        let (tools, said) = tools(kernel)
        try DeviceBinding(tools).run(requests, dryRun: dryRun)
        return said.lines
    }

    /// Restores; whether nothing is left, and what was said.
    func restore(_ wish: DeviceRestore.Wish = .init(), kernel: FakeKernel? = nil) -> (Bool, [String]) {
        let (tools, said) = tools(kernel)
        let isDone = DeviceRestore(tools).run(wish)
        return (isDone, said.lines)
    }

    func driver(_ address: HostPCIAddress) throws -> String? { try PCIHost(roots).function(address).driver }

    /// A sandbox with its state folder, without a process.
    func sandbox(_ id: String) throws -> SandboxName {
        let name = SandboxName(
            containerdAddress: "/run/containerd/containerd.sock", namespace: "k8s.io",
            id: try ContainerID(parsing: id))
        try StateFolder(of: name, in: roots).create(for: name)
        return name
    }

    /// Binds a function for a sandbox, which then ends without giving it back.
    func lose(_ requests: [VFIORequest], by sandbox: SandboxName) throws {
        let binder = Binder(
            PCIHost(roots), owner: sandbox.key, writer: FakeKernel(self),
            limits: Binder.Limits(appearance: .milliseconds(20), restore: .milliseconds(200)))
        let plan = try Preflight(PCIHost(roots)).plan(requests, access: .group)
        let journal = StateFolder(of: sandbox, in: roots).journal
        _ = try binder.bind(plan) { try journal.record(.binding($0)) }
    }

    /// Sets a function aside as a restore does that failed.
    func setAside(_ record: BindingRecord, reason: String) throws {
        let entry = Quarantine.Entry(record: record, reason: reason)
        try write(
            String(decoding: try JSONEncoder().encode(entry), as: UTF8.self),
            to: "\(roots.run)/vfio/quarantine/\(record.address).json")
    }
}

/// Lines that were said.
final class Said: Sendable {
    private let state = Mutex<[String]>([])

    var lines: [String] { state.withLock { $0 } }

    @Sendable func add(_ line: String) { state.withLock { $0.append(line) } }
}
