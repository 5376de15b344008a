import FakeHost
import Hypervisor
import Linux
import OCI
import Configuration
import RuntimeErrors
import Testing

@testable import Sandbox

@Suite struct LockedMemoryAllowanceTests {
    private static let gibibyte: UInt64 = 1 << 30
    private static let allButResource = "000001fffeffffff"
    private let host: FakeHost

    init() throws { host = try FakeHost() }

    private func write(_ soft: String, _ hard: String, _ effective: String, bounding: String? = nil) throws {
        try host.write(
            """
            Limit                     Soft Limit           Hard Limit           Units
            Max cpu time              unlimited            unlimited            seconds
            Max locked memory         \(soft)              \(hard)              bytes
            Max locked memories       1                    2                    bytes

            """, to: "\(host.roots.proc)/self/limits")
        try host.write(
            """
            Name:\tCapEff: 0
            Uid:\t0\t0\t0\t0
            CapInh:\t0000000000000000
            CapPrm:\t000001ffffffffff
            CapEff:\t\(effective)
            CapBnd:\t\(bounding ?? effective)

            """, to: "\(host.roots.proc)/self/status")
    }

    private func allowance() throws(RuntimeError) -> LockedMemory.Allowance {
        try LockedMemory.Allowance(of: host.roots)
    }

    @Test func limitsAndCapabilitiesAreRead() throws {
        try write("65536", "unlimited", "000001ffffffffff")
        #expect(
            try allowance()
                == .init(soft: 65_536, hard: .max, raisesHardLimit: true, locksWithoutLimit: true))
        try write("8388608", "8388608", Self.allButResource)
        #expect(
            try allowance()
                == .init(soft: 8_388_608, hard: 8_388_608, raisesHardLimit: false, locksWithoutLimit: true))
        try write("0", "1", "0000000001000000")
        #expect(
            try allowance() == .init(soft: 0, hard: 1, raisesHardLimit: true, locksWithoutLimit: false))
    }

    /// What the bounding set lacks the monitor does not get.
    @Test func aCapabilityThatIsLostByExecutionDoesNotCount() throws {
        try write("0", "1", "0000000001004000", bounding: "0000000001000000")
        #expect(
            try allowance() == .init(soft: 0, hard: 1, raisesHardLimit: true, locksWithoutLimit: false))
    }

    @Test func thisProcessHasAnAllowance() throws {
        let found = try LockedMemory.Allowance(of: HostRoots())
        let limit = try ResourceLimit.current(.lockedMemory)
        #expect((found.soft, found.hard) == (limit.soft, limit.hard))
    }

    @Test(arguments: [
        ("", ""), ("much", "1"), ("1", "-1"), ("+1", "2"), ("2", "1"), ("99999999999999999999", "unlimited"),
        ("unlimited", "1"),
    ])
    func limitsThatAreNoneAreRefused(_ soft: String, _ hard: String) throws {
        try write(soft, hard, Self.allButResource)
        let error = #expect(throws: RuntimeError.self) { try allowance() }
        #expect(error?.code == .failedPrecondition)
        #expect(error?.message.contains("no usable line 'Max locked memory'") == true)
    }

    @Test(arguments: ["", "zz", "+1", "-1", "1ffffffffffffffff"])
    func capabilitiesThatAreNoneAreRefused(_ digits: String) throws {
        try write("1", "1", digits)
        let error = #expect(throws: RuntimeError.self) { try allowance() }
        #expect(
            error?.message.contains("'\(host.roots.proc)/self/status' has no usable line 'CapEff:'") == true)
    }

    @Test func whatIsNotThereOrHasNoEndIsRefused() throws {
        try write("1", "1", Self.allButResource)
        let (limits, status) = ("\(host.roots.proc)/self/limits", "\(host.roots.proc)/self/status")
        try host.write(String(repeating: "x", count: (1 << 20) + 1), to: status)
        #expect(throws: RuntimeError.self) { try allowance() }
        try host.remove(status)
        let error = #expect(throws: RuntimeError.self) { try allowance() }
        #expect(error?.message.contains("can't read '\(status)'") == true)
        #expect(error?.cause as? Errno == .ENOENT)
        try host.remove(limits)
        #expect(throws: RuntimeError.self) { try allowance() }
    }

    // MARK: what becomes of it

    /// The machine of a pod that limits its memory to 4 GiB and requests 256 MiB, with a GPU.
    private func plan(memory: Int) throws -> VMPlan {
        let text = """
            [hypervisor.qemu]
            path = "/q"
            kernel = "/k"
            initrd = "/i"
            default_memory = \(memory)
            """
        let configuration = try RuntimeConfiguration(texts: [ConfigurationText(name: "test", text: text)])
        let name = SandboxName(
            containerdAddress: "/run/c.sock", namespace: "k8s.io", id: try ContainerID(parsing: "c1"))
        let facts = HostFacts(processors: 4, timeStampCounterKilohertz: nil, hasVhostVsock: true)
        var plan = try SandboxPlanner(configuration, host: facts).plan(
            name, in: StateFolder(of: name, in: host.roots))
        let device = PassthroughDevice(
            host: .pci(try #require(HostPCIAddress(bus: 0x65, slot: 0, function: 0))), access: .group)
        plan.devices.append(
            PlannedDevice(
                id: "vfio0", path: try plan.topology.placeOnRoot("vfio0"), device: .passthrough(device)))
        return plan
    }

    /// S0-4: the guest's memory is what is pinned, whatever a pod requests of it.
    @Test(arguments: [256, 4096]) func theGuestsMemoryCounts(_ memory: Int) throws {
        let need = LockedMemory(try plan(memory: memory))
        let expected = memory == 256 ? 2 * Self.gibibyte : 5 * Self.gibibyte
        #expect(need.required == expected)
        try write("65536", "unlimited", "0000000000000000")
        #expect(try need.decide(try allowance()) == .limit(soft: expected, hard: .max))
    }

    /// S0-5: too low, not to be raised, and no capability.
    @Test func whatCannotBeLockedIsRefusedWithFiguresAndCures() throws {
        let need = LockedMemory(try plan(memory: 4096))
        let nothing = "00000000a80425fb"
        try write("65536", "8388608", nothing)
        let error = #expect(throws: RuntimeError.self) { try need.decide(try allowance()) }
        #expect(error?.code == .failedPrecondition)
        let message = try #require(error).message
        for words in [
            "\(5 * Self.gibibyte) bytes are needed", "allows 8388608 bytes", "LimitMEMLOCK",
            "CAP_SYS_RESOURCE",
            "CAP_IPC_LOCK",
        ] { #expect(message.contains(words), "\(message)") }
        // Either cure helps: the capability without raising anything.
        try write("65536", "8388608", "00000000a80465fb")
        #expect(try need.decide(try allowance()) == .capability)
        try write("65536", "8388608", "00000000a90425fb")
        #expect(
            try need.decide(try allowance()) == .limit(soft: 5 * Self.gibibyte, hard: 5 * Self.gibibyte))
    }
}
