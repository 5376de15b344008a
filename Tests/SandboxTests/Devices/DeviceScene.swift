@testable import Configuration
import FakeHost
import Glibc
import Hypervisor
import Linux
import OCI
import RuntimeErrors
import VFIO

@testable import Sandbox

/// What tests of devices have in common: a host with nodes, devices of a machine, specs.
enum DeviceScene {
    static func configuration(
        coldPlug: PortPolicy = .rootPort, mode: VFIOMode = .guestKernel, iommu: Bool = false,
        passesOver: Bool = false, strict: Bool = false
    ) -> DeviceConfiguration {
        DeviceConfiguration(
            coldPlug: coldPlug, hotPlug: .noPort, vfioMode: mode, iommu: iommu, iommufd: .auto,
            podResourcesSocket: nil, passesOverWithoutPort: passesOver, refusesForeignNodes: strict,
            kinds: [
                DeviceKind(vendor: 0x10de, baseClass: 0x03, name: "nvidia.com/gpu"),
                DeviceKind(vendor: 0x15b3, baseClass: 0x02, name: "nvidia.com/nic"),
            ])
    }

    static func gpu(
        _ address: String, group: Int, at path: String, node: String? = nil, guest: String? = nil
    ) -> AttachedDevice {
        device(
            address, group: group, at: path, node: node, guest: guest, vendor: 0x10de, classCode: 0x03_0200)
    }

    static func nic(_ address: String, group: Int, at path: String, guest: String? = nil) -> AttachedDevice {
        device(address, group: group, at: path, guest: guest, vendor: 0x15b3, classCode: 0x02_0000)
    }

    static func device(
        _ address: String, group: Int, at path: String, node: String? = nil, guest: String? = nil,
        vendor: UInt16, classCode: UInt32
    ) -> AttachedDevice {
        guard let place = PCIPath(path) else { fatalError("'\(path)' is no path") }
        return AttachedDevice(
            id: "vfio-\(address)", host: .pci(pci(address)), group: group, characterDevice: node, path: place,
            guestAddress: guest, vendor: vendor, classCode: classCode)
    }

    static func node(_ path: String, _ major: Int64, _ minor: Int64, type: String = "c") -> DeviceNode {
        DeviceNode(path: path, type: type, major: major, minor: minor)
    }

    static func group(_ number: Int) -> DeviceNode { node("/dev/vfio/\(number)", 511, Int64(number)) }

    static func spec(
        _ nodes: [DeviceNode], mounts: [Mount] = [], rules: [DeviceRule] = [], env: [String] = []
    ) -> Spec {
        var linux = LinuxConfiguration()
        linux.devices = nodes
        var resources = Resources()
        resources.devices = rules
        linux.resources = resources
        return Spec(process: OCI.Process(args: ["true"], env: env), mounts: mounts, linux: linux)
    }

    /// Plans a container on a host that has only what the spec says.
    static func plan(
        _ spec: Spec, _ configuration: DeviceConfiguration = configuration(),
        attached: AttachedDevices = AttachedDevices(), type: ContainerType = .single,
        named: [DeviceNode] = [], minors: MIGMinors = MIGMinors(), on host: FakeHost? = nil
    ) throws -> ContainerDevices {
        let roots = try host?.roots ?? FakeHost().roots
        let request = ContainerDevicePlanner.Request(
            id: "c1", type: type, spec: spec,
            requests: DeviceRequests(of: spec, bundle: "/bundle", on: roots),
            named: DeviceRequests(of: named, from: .annotation("cdi.k8s.io/vfio0"), on: roots))
        return try ContainerDevicePlanner(configuration, attached: attached, minors: minors).plan(request)
    }

    /// The refusal that `body` throws.
    static func refusal(_ body: () throws -> Void) -> RuntimeError? {
        do {
            try body()
            return nil
        } catch {
            return error as? RuntimeError
        }
    }
}

extension FakeHost {
    /// Makes a device node.
    func makeNode(_ path: String, _ kind: mode_t, _ major: UInt32, _ minor: UInt32) throws {
        let place = roots.path(path)
        try makeFolder("/" + place.split(separator: "/").dropLast().joined(separator: "/"))
        try checkedErrno { mknod(place, kind | 0o640, makedev(major, minor)) }
    }

    /// Has sysfs say what the kernel calls a number.
    func name(_ type: String, _ major: Int, _ minor: Int, _ name: String) throws {
        try write(
            "MAJOR=\(major)\nMINOR=\(minor)\nDEVNAME=\(name)\n",
            to: "\(roots.sys)/dev/\(type)/\(major):\(minor)/uevent")
    }

    private func makedev(_ major: UInt32, _ minor: UInt32) -> dev_t {
        dev_t(major) << 8 | dev_t(minor)
    }
}
