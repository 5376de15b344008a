import FakeHost
import Linux
import RuntimeErrors
import Testing
import VFIO

@testable import GuestRuntime

@Suite struct GuestVFIOTests {
    private let address = "0000:00:05.0"

    private func machine(
        faults: [Int: FakeKernel.Fault] = [:], _ change: (inout FakeFunction) -> Void = { _ in }
    ) throws -> FakeMachine {
        let machine = try FakeMachine(faults: faults)
        try machine.host.addDriver("vfio-pci")
        try machine.host.add(FakeFunction(pci(address), driver: "igbvf", group: 4).with(change))
        return machine
    }

    @Test func aFunctionGoesFromItsDriverToVFIO() throws {
        let machine = try machine()
        let function = try #require(PCIFunctionAddress(address))
        #expect(try machine.vfio.bind(function) == 4)
        #expect(
            try machine.host.realPath("\(machine.host.folder(pci(address)))/driver").hasSuffix("/vfio-pci"))
        #expect(machine.kernel.writes.map(\.text) == ["vfio-pci", address, address])
        // Once is enough.
        #expect(try machine.vfio.bind(function) == 4)
        #expect(machine.kernel.writes.count == 3)
    }

    @Test func aFunctionWithoutADriverGoesToVFIO() throws {
        let machine = try machine { $0.driver = nil }
        #expect(try machine.vfio.bind(try #require(PCIFunctionAddress(address))) == 4)
        #expect(machine.kernel.writes.map(\.text) == ["vfio-pci", address])
    }

    @Test func aFunctionThatVFIODoesNotTakeGoesBack() throws {
        // The driver lets go, and then the first look of the others at it fails.
        let machine = try machine(faults: [3: .fail(.EIO)])
        let function = try #require(PCIFunctionAddress(address))
        let error = #expect(throws: RuntimeError.self) { try machine.vfio.bind(function) }
        #expect(error?.message.contains(address) == true)
        let folder = machine.host.folder(pci(address))
        #expect(try machine.host.realPath("\(folder)/driver").hasSuffix("/igbvf"))
        #expect(try machine.host.read("\(folder)/driver_override") == "(null)\n")
    }

    @Test func withoutAGroupNothingIsWritten() throws {
        let machine = try machine { $0.group = nil }
        let function = try #require(PCIFunctionAddress(address))
        let error = #expect(throws: RuntimeError.self) { try machine.vfio.bind(function) }
        #expect(error?.code == .failedPrecondition)
        #expect(error?.message.contains("no IOMMU group") == true)
        #expect(try machine.host.realPath("\(machine.host.folder(pci(address)))/driver").hasSuffix("/igbvf"))
    }

    @Test func aGuestWithoutTheDriverSaysSo() throws {
        let machine = try FakeMachine()
        let error = #expect(throws: RuntimeError.self) { try machine.vfio.loadDriver() }
        #expect(error?.code == .failedPrecondition)
        #expect(error?.message.contains("'vfio-pci'") == true)
    }
}
