package import Hypervisor

/// A PCI function to put on a fake host.
package struct FakeFunction: Sendable {
    package var address: HostPCIAddress
    package var vendor = 0x10de
    package var device = 0x2330
    package var classCode = 0x03_0200
    /// The driver that matches it, and that it is bound to at first.
    package var driver: String?
    /// The driver that it is bound to at first, where that is not the one that matches it.
    package var boundTo: String?
    package var driverOverride: String?
    package var group: Int?
    package var numaNode = -1
    package var isExpress = true
    /// The lines of `resource`.
    package var resource = ["0x0000000000000000 0x0000000000000000 0x0000000000000000"]
    /// nil for a kernel that has no such attribute.
    package var resetMethods: String? = "flr bus"
    package var isBootDisplay: Bool?
    /// Its network interfaces while its own driver has it.
    package var interfaces: [String] = []
    package var currentVGPUType: Int?

    /// A GPU at `address`; see the properties for what may be changed.
    package init(_ address: HostPCIAddress, driver: String? = "nvidia", group: Int? = nil) {
        self.address = address
        self.driver = driver
        self.group = group
    }

    /// The function with `change` made to it.
    package func with(_ change: (inout FakeFunction) -> Void) -> FakeFunction {
        var copy = self
        change(&copy)
        return copy
    }

    /// A root port or bridge.
    package static func bridge(_ address: HostPCIAddress, group: Int? = nil) -> FakeFunction {
        FakeFunction(address, driver: "pcieport", group: group).with {
            $0.vendor = 0x8086
            $0.device = 0x352a
            $0.classCode = 0x06_0400
        }
    }

    /// An Ethernet function.
    package static func network(
        _ address: HostPCIAddress, driver: String? = "mlx5_core", group: Int? = nil, interface: String? = nil
    ) -> FakeFunction {
        FakeFunction(address, driver: driver, group: group).with {
            $0.vendor = 0x15b3
            $0.device = 0x101e
            $0.classCode = 0x02_0000
            $0.interfaces = interface.map { [$0] } ?? []
        }
    }
}

/// The address that a test writes out; a mistake there is one of the test.
package func pci(_ text: String) -> HostPCIAddress {
    guard let address = HostPCIAddress(text) else { fatalError("'\(text)' is no PCI address") }
    return address
}
