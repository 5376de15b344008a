import FakeHost
import Glibc
import Linux
import LoopSupport
import NIOPosix

@testable import AgentService
@testable import GuestRuntime

/// A guest's machine made of files: a root bus, root ports on it, functions behind them.
final class FakeMachine: Sendable {
    let host: FakeHost
    let kernel: FakeKernel
    private let log: CInt

    /// An empty machine; `faults` are writes that go wrong, by their number.
    init(faults: [Int: FakeKernel.Fault] = [:]) throws {
        host = try FakeHost()
        kernel = FakeKernel(host, faults: faults)
        log = try openDescriptor("\(host.roots.prefix)/log", flags: O_RDWR | O_CREAT | O_APPEND, mode: 0o600)
            .release()
    }

    deinit { close(log) }

    /// Adds a function behind a bridge, which is added too if it is new.
    func add(_ function: FakeFunction, behind bridge: String) throws {
        if (try? host.realPath(host.folder(pci(bridge)))) == nil { try host.add(.bridge(pci(bridge))) }
        try host.add(function)
        try host.link(
            "\(try host.realPath(host.folder(pci(bridge))))/\(function.address)",
            to: try host.realPath(host.folder(function.address)))
    }

    /// Adds a virtio disk on the root bus.
    func addDisk(_ address: String, _ number: String, name: String = "vda") throws {
        try host.add(FakeFunction(pci(address), driver: "virtio-pci"))
        try giveDisk(address, number, name: name)
    }

    /// Has the driver of a disk see it.
    func giveDisk(_ address: String, _ number: String, name: String = "vda") throws {
        try host.write(
            "\(number)\n", to: "\(try host.realPath(host.folder(pci(address))))/virtio3/block/\(name)/dev")
    }

    /// Has VFIO make the node of a group.
    func makeNode(ofGroup group: Int, _ number: String) throws {
        try host.write("\(number)\n", to: "\(host.roots.sys)/class/vfio/\(group)/dev")
    }

    /// Writes a file of CDI.
    func writeCDI(_ name: String, _ text: String) throws {
        try host.write(text, to: "\(host.roots.prefix)/var/run/cdi/\(name)")
    }

    var vfio: GuestVFIO {
        let kernel = kernel
        return GuestVFIO(host.roots) { (text, path) throws(Errno) in try kernel.write(text, to: path) }
    }

    /// What the agent has said.
    func logged() throws -> String { try host.read("\(host.roots.prefix)/log") }

    /// Runs `body` with what the agent has for devices, on a loop.
    func run<T: Sendable>(
        arguments: String = "", isAlone: Bool = true,
        _ change: @Sendable (inout DeviceSettings) -> Void = { _ in },
        _ body: @escaping @Sendable (DevicePreparation) async throws -> T
    ) async throws -> T {
        var settings = DeviceSettings(
            KernelArguments(parsing: arguments), roots: host.roots, isAlone: isAlone)
        settings.cdiInterval = .milliseconds(20)
        change(&settings)
        let loop = MainLoop(MultiThreadedEventLoopGroup.singleton.next())
        let preparation = DevicePreparation(
            settings, vfio: vfio, effects: EffectThread(for: loop), loop: loop,
            log: AgentLog(descriptor: log))
        return try await loop.task { try await body(preparation) }.value
    }
}
