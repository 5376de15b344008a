import Hypervisor
import RuntimeErrors
import Testing

/// How much address space host devices take, and when it does not suffice.
@Suite struct PassthroughSpaceTests {
    private func requests(_ count: Int, _ regions: [PCIRegion]) throws -> [PassthroughRequest] {
        try (0..<count).map { number in
            let address = try #require(
                HostPCIAddress(domain: number / 256, bus: number % 256, slot: 0, function: 0))
            return PassthroughRequest(device: PassthroughDevice(host: .pci(address)), regions: regions)
        }
    }

    private func space(
        _ bus: PCIRootBus, _ count: Int, _ regions: [PCIRegion], mebibytes: Int = 4096, hostBits: Int? = nil
    ) throws(RuntimeError) -> GuestAddressSpace {
        var topology = PCITopology(rootBus: bus)
        guard let requests = try? requests(count, regions) else {
            throw RuntimeError(.internalError, "no requests")
        }
        return try topology.place(
            requests, PassthroughRules(memoryMebibytes: mebibytes, hostAddressBits: hostBits)
        ).addressSpace
    }

    private let large = PassthroughFixture.region(1, 64 << 30)

    @Test func smallRegionsNeedNoMoreThanTheDefault() throws {
        #expect(
            try space(.q35, 4, [PassthroughFixture.region(0, 1 << 20)])
                == GuestAddressSpace(windowGibibytes: 32, bits: 36))
        #expect(
            try space(.flat, 4, [PassthroughFixture.region(0, 1 << 20)])
                == GuestAddressSpace(windowGibibytes: 4, bits: 34))
    }

    @Test func largeRegionsWidenTheWindow() throws {
        // Two of 64 GiB, and the way to a multiple of that.
        #expect(try space(.q35, 2, [large]) == GuestAddressSpace(windowGibibytes: 192, bits: 38))
        #expect(try space(.flat, 2, [large]).windowGibibytes == 192)
        // A window begins at a multiple of its largest region, so that a small one beside it costs as much again.
        #expect(
            try space(.q35, 2, [large, PassthroughFixture.region(3, 32 << 20)]).windowGibibytes == 384)
        #expect(try space(.q35, 1, [large], mebibytes: 4 << 20).bits == 43)
    }

    @Test func theHostsAddressesMustSuffice() throws {
        #expect(throws: Never.self) { try space(.q35, 2, [large], hostBits: 38) }
        let error = #expect(throws: RuntimeError.self) { try space(.q35, 2, [large], hostBits: 37) }
        #expect(error?.code == .resourceExhausted)
        for word in ["4096 MiB", "192 GiB", "38 bits", "have 37"] {
            #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
        }
    }

    @Test func whatMustLieBelowFourGibibytesIsCounted() throws {
        let low = PassthroughFixture.region(0, 128 << 20, is64Bit: false)
        #expect(throws: Never.self) { try space(.q35, 7, [low]) }
        let error = #expect(throws: RuntimeError.self) { try space(.q35, 8, [low]) }
        #expect(error?.message.contains("take 1024 MiB and the machine has 960") == true)
        #expect(throws: RuntimeError.self) { try space(.flat, 6, [low]) }
        // A bridge has no high window for what is not prefetchable; a flat bus has no bridges.
        let plain = PCIRegion(
            index: 0, size: 1 << 30, isMemory: true, isPrefetchable: false, is64Bit: true)
        #expect(throws: RuntimeError.self) { try space(.q35, 1, [plain]) }
        #expect(throws: Never.self) { try space(.flat, 1, [plain]) }
    }

    @Test func impossibleRegionsAreRefused() throws {
        let error = #expect(throws: RuntimeError.self) {
            try space(.q35, 1, [PassthroughFixture.region(2, .max)])
        }
        #expect(error?.message.contains("region 2") == true)
        #expect(throws: RuntimeError.self) { try space(.q35, 1, Array(repeating: large, count: 8)) }
        #expect(throws: RuntimeError.self) { try space(.q35, 1, [large], mebibytes: .max) }
        #expect(throws: RuntimeError.self) { try space(.flat, 1025, []) }
    }
}
