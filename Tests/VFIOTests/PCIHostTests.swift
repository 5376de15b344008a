import FakeHost
import Glibc
import Hypervisor
import Linux
import RuntimeErrors
import Testing
import VFIO

@Suite struct PCIHostTests {
    @Test func aFunctionIsReadInFull() throws {
        let host = try FakeHost.standard()
        let address = pci("0000:f2:00.0")
        try host.add(
            FakeFunction(address, group: 80).with {
                $0.numaNode = 1
                $0.resource = [
                    "0x0000000092000000 0x0000000092ffffff 0x0000000000040200",
                    "0x0000380000000000 0x0000381fffffffff 0x000000000014220c",
                    "0x0000000000000000 0x0000000000000000 0x0000000000000000",
                ]
            })
        let function = try PCIHost(host.roots).function(address)
        #expect(function.vendor == 0x10de)
        #expect(function.device == 0x2330)
        #expect(function.classCode == 0x03_0200)
        #expect(function.driver == "nvidia")
        #expect(function.driverOverride == nil)
        #expect(function.group == 80)
        #expect(function.numaNode == 1)
        #expect(function.isExpress)
        #expect(
            function.regions == [
                PCIRegion(index: 0, size: 16 << 20, isMemory: true, isPrefetchable: false, is64Bit: false),
                PCIRegion(index: 1, size: 128 << 30, isMemory: true, isPrefetchable: true, is64Bit: true),
            ])
        #expect(function.resetMethods == ["flr", "bus"])
        #expect(try PCIHost(host.roots).function(virtualFunction).physicalFunction == nic)
        #expect(try PCIHost(host.roots).function(nic).virtualFunctionCount == 2)
        #expect(try PCIHost(host.roots).function(nic).interfaces == ["ens1"])
        #expect(try PCIHost(host.roots).function(virtualFunction).driverOverride == "mlx5_core")
    }

    @Test func groupsAndFunctionsAreListedByNumber() throws {
        let host = try FakeHost.standard()
        let all = PCIHost(host.roots)
        #expect(all.groups().map(\.number) == [7, 8, 9, 10, 11])
        #expect(all.functions().map(\.address).prefix(3) == [port, gpu, sound])
        #expect(try all.group(7).functions.map(\.address) == [port, gpu, sound])
        #expect(try all.group(7).type == "DMA")
    }

    @Test(arguments: [
        ("vendor", "0x10deadbeef"), ("vendor", "garbage"), ("class", "-1"), ("device", ""),
        ("resource", "1 2\n"), ("resource", "0x5 0x1 0x200\n"),
        ("resource", "0x0 0xffffffffffffffff 0x200\n"),
        ("sriov_numvfs", "-4"), ("sriov_numvfs", "99999999999999999999"), ("nvidia/current_vgpu_type", "x"),
        ("driver_override", "a\u{1b}[2Jb"), ("class", "0x030000\0"),
    ])
    func attributesOfNonsenseAreNamed(_ name: String, _ text: String) throws {
        let host = try FakeHost.standard()
        let path = "\(host.folder(gpu))/\(name)"
        try host.write(text, to: path)
        let error = #expect(throws: RuntimeError.self) { _ = try PCIHost(host.roots).function(gpu) }
        #expect(error?.code == .dataLoss)
        #expect(error?.message.hasPrefix("can't read pci function 0000:65:00.0: '\(path)'") == true)
    }

    /// Longer than a page, a folder, a FIFO: none of them is waited for or swallowed.
    @Test func attributesOfAnotherKindAreNamed() throws {
        let host = try FakeHost.standard()
        let path = "\(host.folder(gpu))/class"
        try host.write(String(repeating: "0", count: 5000), to: path)
        #expect(throws: RuntimeError.self) { _ = try PCIHost(host.roots).function(gpu) }
        try host.remove(path)
        try host.makeFolder(path)
        #expect(throws: RuntimeError.self) { _ = try PCIHost(host.roots).function(gpu) }
        try host.remove(path)
        try checkedErrno { mkfifo(path, 0o600) }
        #expect(throws: RuntimeError.self) { _ = try PCIHost(host.roots).function(gpu) }
        try host.remove(path)
        let error = #expect(throws: RuntimeError.self) { _ = try PCIHost(host.roots).function(gpu) }
        #expect(error?.code == .notFound)
    }

    @Test func linksToNonsenseAreNamed() throws {
        let host = try FakeHost.standard()
        for name in ["iommu_group", "physfn"] {
            let path = "\(host.folder(virtualFunction))/\(name)"
            try host.remove(path)
            try checkedErrno { symlink("../../../elsewhere/x7", path) }
            let error = #expect(throws: RuntimeError.self) {
                _ = try PCIHost(host.roots).function(virtualFunction)
            }
            #expect(error?.code == .dataLoss)
        }
    }

    @Test(arguments: ["vfio", "vfio-1", "vfio7/../x", "vfio99999999999", "7", "vfio٧", ""])
    func namesOfNodesAreStrict(_ name: String) throws {
        let host = try FakeHost.standard()
        let error = #expect(throws: RuntimeError.self) {
            _ = try PCIHost(host.roots).device(ofCharacterDevice: name)
        }
        #expect(error?.code == .invalidArgument)
    }

    @Test(arguments: [
        "", "../../x", "b1f7a3c2-5d61-4f0a-9a65-0f8a8b3f1c1", "b1f7a3c2-5d61-4f0a-9a65-0f8a8b3f1c1/",
    ])
    func namesOfMediatedDevicesAreStrict(_ name: String) throws {
        let host = try FakeHost.standard()
        let error = #expect(throws: RuntimeError.self) { _ = try PCIHost(host.roots).mediatedDevice(name) }
        #expect(error?.code == .invalidArgument)
    }

    @Test func whatIsNotThereIsNotFound() throws {
        let host = try FakeHost.standard()
        let all = PCIHost(host.roots)
        let errors = [
            #expect(throws: RuntimeError.self) { _ = try all.function(pci("0000:00:1f.0")) },
            #expect(throws: RuntimeError.self) { _ = try all.group(99) },
            #expect(throws: RuntimeError.self) { _ = try all.group(-1) },
            #expect(throws: RuntimeError.self) { _ = try all.device(ofCharacterDevice: "vfio9") },
            #expect(throws: RuntimeError.self) {
                _ = try all.mediatedDevice("b1f7a3c2-5d61-4f0a-9a65-0f8a8b3f1c11")
            },
        ]
        #expect(errors.map { $0?.code } == Array(repeating: .notFound, count: 5))
    }
}
