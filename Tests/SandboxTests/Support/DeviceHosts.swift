import FakeHost
import Foundation
import Hypervisor
import Linux
import VFIO

@testable import Sandbox

extension FakeHost {
    /// Adds a CDI file, which names devices by their nodes.
    func addCDI(
        _ kind: String, _ devices: [(name: String, nodes: [String])], edits: String = "", folder: Int = 0,
        file: String = "devices"
    ) throws {
        let list = devices.map { device in
            let nodes = device.nodes.map {
                "{\"path\": \"\($0)\", \"type\": \"c\", \"major\": 511, \"minor\": \(Self.minor($0))}"
            }
            return
                "{\"name\": \"\(device.name)\", \"containerEdits\": {\"deviceNodes\": [\(nodes.joined(separator: ","))]\(edits)}}"
        }
        let text =
            "{\"cdiVersion\": \"0.7.0\", \"kind\": \"\(kind)\", \"devices\": [\(list.joined(separator: ","))]}"
        try write(text, to: "\(roots.cdi[folder])/\(file).json")
    }

    /// Has the kernel call the numbers of VFIO nodes what they are called.
    func nameVFIONodes(_ numbers: some Sequence<Int>) throws {
        for number in numbers { try name("char", 511, number, "vfio/\(number)") }
    }

    private static func minor(_ path: String) -> Int {
        Int(path.split(separator: "/").last ?? "") ?? 255
    }

    /// A host with one GPU, alone in group 42 and known to CDI as `nvidia.com/pgpu=0`.
    static func withGPU(_ change: (inout FakeFunction) -> Void = { _ in }) throws -> FakeHost {
        let host = try FakeHost()
        try host.addDriver("vfio-pci")
        try host.add(FakeFunction(pci("0000:65:00.0"), group: 42).with(change))
        try host.addCDI("nvidia.com/pgpu", [("0", ["/dev/vfio/42"])])
        try host.nameVFIONodes([42])
        try host.makeFolder("\(host.roots.run)/vfio")
        return host
    }
}
