import Hypervisor
import RuntimeErrors
import Testing

@Suite struct LockedMemoryTests {
    private static let gibibyte: UInt64 = 1 << 30

    private func devices(_ accesses: [VFIOAccess], behindIOMMU: Bool = false) throws -> [PassthroughDevice] {
        try accesses.enumerated().map { index, access in
            let address = try #require(HostPCIAddress(bus: 0x65, slot: index, function: 0))
            return PassthroughDevice(host: .pci(address), access: access, isBehindIOMMU: behindIOMMU)
        }
    }

    private func need(
        _ mebibytes: Int, _ accesses: [VFIOAccess], behindIOMMU: Bool = false
    ) throws -> LockedMemory {
        LockedMemory(
            memory: GuestMemory(mebibytes: mebibytes, shared: true),
            devices: try devices(accesses, behindIOMMU: behindIOMMU))
    }

    private func allowance(
        _ soft: UInt64, _ hard: UInt64, raise: Bool = false, lock: Bool = false
    ) -> LockedMemory.Allowance {
        LockedMemory.Allowance(soft: soft, hard: hard, raisesHardLimit: raise, locksWithoutLimit: lock)
    }

    // MARK: the value

    @Test(
        arguments: [
            (1, 2), (1024, 2), (1025, 3), (2047, 3), (2048, 3), (16_777_216, 16_385),
        ] as [(mebibytes: Int, gibibytes: UInt64)])
    func aShareIsTheMemoryInWholeGibibytesAndOneMore(_ mebibytes: Int, _ gibibytes: UInt64) throws {
        #expect(try need(mebibytes, [.group]).required == gibibytes * Self.gibibyte)
    }

    @Test func withoutDevicesNothingIsNeeded() throws {
        let none = try need(2048, [])
        #expect(none.required == 0)
        #expect(try none.decide(allowance(0, 0)) == .inherit)
    }

    @Test func theDevicesOfAContainerShareItsMappings() throws {
        #expect(try need(2048, [.group, .group, .group]).required == 3 * Self.gibibyte)
    }

    @Test func behindAnIOMMUEachDeviceHasMappingsOfItsOwn() throws {
        #expect(try need(2048, [.group, .group, .group], behindIOMMU: true).required == 9 * Self.gibibyte)
    }

    @Test(arguments: [VFIOAccess.iommufd, .descriptors], [false, true])
    func iommufdCountsOnce(_ access: VFIOAccess, behindIOMMU: Bool) throws {
        let three = try need(2048, [access, access, access], behindIOMMU: behindIOMMU)
        #expect(three.required == 3 * Self.gibibyte)
    }

    @Test func bothWaysAddUp() throws {
        #expect(try need(2048, [.group, .iommufd, .group, .iommufd]).required == 6 * Self.gibibyte)
    }

    /// Over-commitment: what a pod requests is nowhere in a plan; the guest's memory is what is pinned.
    @Test func thePlansMemoryAndDevicesCount() throws {
        var plan = try PlanFixture.minimal.make("/")
        #expect(LockedMemory(plan).required == 0)
        plan.memory.mebibytes = 8192
        for (index, device) in try devices([.group, .group]).enumerated() {
            let path = try plan.topology.placeOnRoot("vfio\(index)")
            plan.devices.append(PlannedDevice(id: "vfio\(index)", path: path, device: .passthrough(device)))
        }
        #expect(LockedMemory(plan).required == 9 * Self.gibibyte)
        plan.memory.mebibytes = 4096
        #expect(LockedMemory(plan).required == 5 * Self.gibibyte)
    }

    @Test func absurdSizesDoNotOverflow() throws {
        #expect(try need(.max, [.group, .group], behindIOMMU: true).required == LockedMemory.unlimited)
        #expect(try need(-1, [.group]).required == Self.gibibyte)
    }

    // MARK: the decision, for three GiB

    @Test func aLimitThatIsHighEnoughIsInherited() throws {
        let need = try need(2048, [.group])
        for soft in [3 * Self.gibibyte, LockedMemory.unlimited] {
            #expect(try need.decide(allowance(soft, .max, raise: true, lock: true)) == .inherit)
        }
    }

    @Test func theSoftLimitRisesToWhatIsNeededAndNoFurther() throws {
        let hard = 4 * Self.gibibyte
        #expect(
            try need(2048, [.group]).decide(allowance(65_536, hard))
                == .limit(soft: 3 * Self.gibibyte, hard: hard))
    }

    @Test func theHardLimitRisesWithTheCapabilityForIt() throws {
        let need = try need(2048, [.group])
        let bytes = 3 * Self.gibibyte
        // Not the monitor's capability, though it could be had: the limit is the lesser privilege.
        #expect(
            try need.decide(allowance(65_536, 65_536, raise: true, lock: true))
                == .limit(soft: bytes, hard: bytes))
        #expect(try need.decide(allowance(65_536, .max, raise: true)) == .limit(soft: bytes, hard: .max))
    }

    @Test func whereNoLimitRisesTheCapabilityWillDo() throws {
        let less = 3 * Self.gibibyte - 1
        #expect(try need(2048, [.group]).decide(allowance(65_536, less, lock: true)) == .capability)
    }

    @Test func theLimitOfAUserIsLifted() throws {
        let need = try need(2048, [.iommufd])
        let enough = 8 * Self.gibibyte
        #expect(try need.decide(allowance(enough, enough, raise: true)) == .limit(soft: .max, hard: .max))
        #expect(try need.decide(allowance(65_536, .max)) == .limit(soft: .max, hard: .max))
        // Where it can't be lifted the capability is surer; without either it rises as far as it can.
        #expect(try need.decide(allowance(65_536, enough, lock: true)) == .capability)
        #expect(try need.decide(allowance(65_536, enough)) == .limit(soft: enough, hard: enough))
        #expect(try need.decide(allowance(enough, enough)) == .inherit)
    }

    // MARK: the refusal

    @Test func whereNothingHelpsTheErrorSaysWhatWould() throws {
        let need = try need(2048, [.group, .group], behindIOMMU: true)
        let error = #expect(throws: RuntimeError.self) { try need.decide(allowance(65_536, 8_388_608)) }
        #expect(error?.code == .failedPrecondition)
        #expect(
            error?.message
                == "can't lock the guest's memory for its VFIO devices: 6442450944 bytes are needed "
                + "(2 × 3221225472 for VFIO containers) and RLIMIT_MEMLOCK allows 8388608 bytes, which the shim "
                + "can't raise without CAP_SYS_RESOURCE; set LimitMEMLOCK of containerd's service to 6442450944 or "
                + "more, or give it CAP_SYS_RESOURCE or CAP_IPC_LOCK")
    }

    @Test func forAUserTheCureIsNoNumber() throws {
        let error = #expect(throws: RuntimeError.self) {
            try need(2048, [.group, .iommufd]).decide(allowance(0, 1))
        }
        let message = try #require(error?.message)
        #expect(message.contains("(1 × 3221225472 for VFIO containers, 3221225472 for iommufd)"))
        #expect(message.contains("LimitMEMLOCK of containerd's service to infinity, or"))
    }

    /// Of all limits below the need none passes without a cure, and of all above none fails.
    @Test func theEdgeIsExact() throws {
        let need = try need(1024, [.group])
        #expect(throws: RuntimeError.self) { try need.decide(allowance(0, 2 * Self.gibibyte - 1)) }
        #expect(
            try need.decide(allowance(0, 2 * Self.gibibyte))
                == .limit(soft: 2 * Self.gibibyte, hard: 2 * Self.gibibyte))
    }
}
