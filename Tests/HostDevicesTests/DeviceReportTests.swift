import FakeHost
import FoundationEssentials
import Hypervisor
import Linux
import RuntimeErrors
import Sandbox
import Testing
import VFIO

@testable import HostDevices

@Suite struct DeviceReportTests {
    private func function(_ report: DeviceReport, _ address: HostPCIAddress) throws -> FunctionEntry {
        let all = report.groups.flatMap(\.functions) + report.ungrouped
        return try #require(all.first { $0.address == address })
    }

    @Test func theStandardHost() throws {
        let host = try FakeHost.standard()
        try host.writeNames()
        let before = try host.snapshot()
        let report = DeviceReport(host.roots)
        #expect(try host.snapshot() == before)
        #expect(report.access == "iommufd")
        #expect(report.obstacle == nil)
        #expect(report.notes.isEmpty)
        #expect(report.groups.map(\.number) == [7, 8, 9, 11])
        #expect(report.groups.map(\.reasons.isEmpty) == [true, false, true, true])
        let card = try function(report, gpu)
        #expect(card.vendor == .init(id: "0x10de", name: "NVIDIA Corporation"))
        #expect(card.device == .init(id: "0x2330", name: "GH100 [H100 SXM5 80GB]"))
        #expect(card.deviceClass == .init(id: "0x0302", name: "3D controller"))
        #expect(card.driver == "nvidia")
        #expect(card.numaNode == 1)
        #expect(card.companions == [sound])
        #expect(card.reasons.isEmpty)
        #expect(try function(report, port).isBridge)
        #expect(try function(report, port).device.name == nil)
        #expect(
            try function(report, nic).reasons == [
                "has 1 virtual functions, which would be lost", "network interface 'ens1' is up",
            ])
        let virtual = try function(report, virtualFunction)
        #expect(virtual.physicalFunction == nic)
        #expect(virtual.driverOverride == "mlx5_core")
        #expect(virtual.interfaces == ["ens1v0"])
    }

    /// What the list says is what a pod gets.
    @Test func theListAgreesWithThePreflight() throws {
        let host = try FakeHost.standard()
        try host.add(.network(pci("0000:66:00.0"), group: 7))
        try host.add(FakeFunction(pci("0000:c1:00.0")))
        try host.add(FakeFunction(pci("0000:e1:00.0"), group: 51))
        try host.addVirtualFunctions(
            [
                FakeFunction(pci("0000:e1:00.4"), group: 52).with { $0.currentVGPUType = 558 },
                FakeFunction(pci("0000:e1:00.5"), group: 53).with { $0.currentVGPUType = 0 },
            ], of: pci("0000:e1:00.0"))
        try host.add(FakeFunction(pci("0000:f0:00.0"), group: 70).with { $0.boundTo = "mlx5_vfio_pci" })
        for hasDriver in [true, false] {
            if !hasDriver { try host.remove("\(host.roots.sys)/bus/pci/drivers/vfio-pci") }
            let report = DeviceReport(host.roots)
            let preflight = Preflight(PCIHost(host.roots))
            var count = 0
            for entry in report.groups.flatMap(\.functions) + report.ungrouped {
                let plan = try? preflight.plan([.function(entry.address)], access: .iommufd)
                #expect(entry.reasons.isEmpty == (plan != nil), "\(entry.address): \(entry.reasons)")
                count += 1
            }
            for group in report.groups {
                let plan = try? preflight.plan([.group(group.number)], access: .iommufd)
                #expect(group.reasons.isEmpty == (plan != nil), "group \(group.number): \(group.reasons)")
            }
            #expect(count == 12)
        }
    }

    @Test func withoutVFIONothingIsPassable() throws {
        let host = try FakeHost.standard()
        try host.remove("\(host.roots.dev)/vfio/vfio")
        try host.remove("\(host.roots.dev)/iommu")
        let report = DeviceReport(host.roots)
        #expect(report.access == nil)
        let obstacle = try #require(report.obstacle)
        #expect(obstacle.contains("modprobe vfio-pci"))
        #expect(try function(report, gpu).reasons == [obstacle])
        #expect(report.tree.hasPrefix("VFIO does not work here: can't use vfio"))
        #expect(report.tree.contains("passable: no: VFIO does not work here, see the first line"))
    }

    @Test func withoutAnIOMMU() throws {
        let host = try FakeHost()
        try host.addDriver("vfio-pci")
        try host.add(FakeFunction(gpu))
        let report = DeviceReport(host.roots)
        #expect(report.groups.isEmpty)
        #expect(report.ungrouped.map(\.address) == [gpu])
        #expect(
            report.ungrouped.first?.reasons.first?.hasPrefix("it is in no iommu group; switch the IOMMU on")
                == true)
        #expect(report.tree.contains("No IOMMU group: nothing of this can be passed on. Switch the IOMMU on"))
    }

    @Test func whoHasAGroup() throws {
        let host = try FakeHost.standard()
        let name = try host.sandbox("pod-a")
        let locks = GroupLocks(host.roots, owner: name.key)
        try locks.take(7)
        let gone = GroupLocks(host.roots, owner: "who\u{1b}[2J")
        try gone.take(11)
        let report = DeviceReport(host.roots)
        let owner = try #require(report.groups.first?.owner)
        #expect(owner.key == name.key)
        #expect(owner.sandbox == "pod-a")
        #expect(owner.namespace == "k8s.io")
        #expect(
            try function(report, gpu).reasons == ["sandbox 'pod-a' of namespace 'k8s.io' has iommu group 7"])
        #expect(try function(report, unbound).reasons == ["sandbox 'who\\u{1b}[2J' has iommu group 11"])
        #expect(report.tree.contains("IOMMU group 7 (DMA), sandbox 'pod-a' of namespace 'k8s.io' has it"))
        for group in [7, 11] { locks.release(group); gone.release(group) }
        #expect(try function(DeviceReport(host.roots), gpu).reasons.isEmpty)
    }

    /// A state folder that speaks of another sandbox is not believed.
    @Test func aForgedNameIsNotShown() throws {
        let host = try FakeHost.standard()
        let name = try host.sandbox("pod-a")
        let other = try host.sandbox("pod-b")
        let text = try host.read("\(host.roots.run)/\(other.key)/name")
        try host.write(text, to: "\(host.roots.run)/\(name.key)/name")
        let locks = GroupLocks(host.roots, owner: name.key)
        try locks.take(7)
        #expect(DeviceReport(host.roots).groups.first?.owner?.sandbox == nil)
        locks.release(7)
    }

    @Test func quarantinedPreboundAndOrphaned() throws {
        let host = try FakeHost.standard()
        _ = try host.bind(.function(unbound))
        try host.add(
            FakeFunction(pci("0000:b1:00.0"), group: 20).with {
                $0.boundTo = "vfio-pci"
                $0.driverOverride = "vfio-pci"
            })
        let record = BindingRecord(
            address: virtualFunction, vendor: 0x15b3, device: 0x101e, group: 9, originalDriver: "other",
            originalOverride: nil)
        try host.setAside(record, reason: "its driver \u{7}hangs")
        let report = DeviceReport(host.roots)
        #expect(try function(report, unbound).isPrebound)
        #expect(try !function(report, unbound).isOrphan)
        #expect(try function(report, unbound).reasons.isEmpty, "pods get what was bound ahead of time")
        #expect(try function(report, pci("0000:b1:00.0")).isOrphan)
        #expect(try function(report, virtualFunction).quarantine == "its driver \\u{7}hangs")
        #expect(try function(report, virtualFunction).reasons.count == 1)
        let tree = report.tree
        #expect(tree.contains("quarantined: its driver \\u{7}hangs"))
        #expect(tree.contains("passable: no: is quarantined"))
        #expect(tree.contains("bound ahead of time; 'swiftlet devices restore 0000:a1:00.0' gives it back"))
        #expect(
            tree.contains("orphan: nobody owns it; 'swiftlet devices restore 0000:b1:00.0' gives it back"))
    }

    @Test func mediatedAndUSBDevices() throws {
        let uuid = "b1f7a3c2-5d61-4f0a-9a65-0f8a8b3f1c11"
        let host = try FakeHost.standard()
        try host.addMediatedDevice(uuid, of: gpu, group: 60)
        let folder = "\(host.roots.sys)/bus/usb/devices"
        for (name, text) in [
            ("busnum", "1"), ("devnum", "4"), ("devpath", "1.4"), ("idVendor", "0529"), ("idProduct", "0001"),
            ("serial", "A\u{7f}7"),
            ("manufacturer", "Aladdin"), ("product", "HASP"), ("bDeviceClass", "ff"),
        ] {
            try host.write("\(text)\n", to: "\(folder)/1-1.4/\(name)")
        }
        try host.write("", to: "\(host.roots.dev)/bus/usb/001/004")
        try host.makeFolder("\(folder)/usb1")
        try host.makeFolder("\(folder)/2-1")
        try host.link("\(folder)/1-1.4:1.0/driver", to: "\(host.roots.sys)/bus/usb/drivers/usbhid")
        let report = DeviceReport(host.roots)
        #expect(report.mediated.map(\.uuid) == [uuid])
        #expect(report.mediated.first?.parent == gpu)
        #expect(report.mediated.first?.reasons.isEmpty == true)
        #expect(report.groups.last?.mediated == [uuid])
        #expect(report.usb.map(\.place) == ["1-1.4"], "one without ids is left out")
        let usb = try #require(report.usb.first)
        #expect(usb.node == "/dev/bus/usb/001/004")
        #expect(usb.ids == "0529:0001")
        #expect(usb.serial == "A\\u{7f}7", "what a terminal would obey is shown as what it is")
        #expect(usb.reasons.isEmpty)
        #expect(report.tree.contains("serial A\\u{7f}7, /dev/bus/usb/001/004, driver usbhid"))
        try host.remove("\(host.roots.dev)/bus/usb/001/004")
        let withoutNode = try #require(DeviceReport(host.roots).usb.first)
        #expect(withoutNode.reasons.first?.hasPrefix("its node '/dev/bus/usb/001/004' can't be used") == true)
        #expect(usb.drivers == ["usbhid"])
        #expect(report.tree.contains("1-1.4  Aladdin HASP [0529:0001]"))
    }
}
