import Hypervisor
import RuntimeErrors
import Testing

/// One way to spoil a good plan, and a word that the refusal must hold.
struct Spoiling: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var word: String
    var spoil: @Sendable (inout VMPlan) -> Void

    init(_ description: String, _ word: String, _ spoil: @escaping @Sendable (inout VMPlan) -> Void) {
        testDescription = description
        self.word = word
        self.spoil = spoil
    }

    static let all: [Spoiling] = [
        Spoiling("no processor", "0 of") { $0.processors.boot = 0 },
        Spoiling("fewer at most than at boot", "2 of at most 1") { $0.processors.boot = 2 },
        Spoiling("too many processors", "256") { $0.processors.max = 256 },
        Spoiling("no clock rate", "0 kHz") { $0.processors.hostKilohertz = 0 },
        Spoiling("no memory", "0 MiB") { $0.memory.mebibytes = 0 },
        Spoiling("negative memory", "-1 MiB") { $0.memory.mebibytes = -1 },
        Spoiling("endless memory", "9223372036854775807") { $0.memory.mebibytes = .max },
        Spoiling("odd huge page", "2047 KiB") { $0.memory.hugePageKibibytes = 2047 },
        Spoiling("part of a huge page", "1048576 KiB") { $0.memory.hugePageKibibytes = 1 << 20 },
        Spoiling("private memory", "without shared memory") { $0.memory.shared = false },
        Spoiling("relative source of entropy", "absolute") { plan in
            plan.devices[1].device = .entropy(EntropyDevice(sourcePath: "random"))
        },
        Spoiling("NUL in a path", "control characters") { $0.boot.kernel = "/k\0" },
        Spoiling("line break in a parameter", "control characters") { $0.boot.parameters = ["a\nb"] },
        Spoiling("empty parameter", "empty") { $0.boot.parameters = [""] },
        Spoiling("a path like a switch", "absolute") { $0.boot.root = .initrd("-monitor") },
        Spoiling("relative executable", "absolute") { $0.executable = "qemu" },
        Spoiling("long socket path", "at most 107 bytes") { plan in
            plan.control.path = "/" + String(repeating: "s", count: 107)
        },
        Spoiling("long hybrid socket path", "'/hhh") { plan in
            plan.devices[3].device = .vsock(
                .hybrid(cid: 3, hostSocketPath: "/" + String(repeating: "h", count: 96)))
        },
        Spoiling("reserved vsock address", "address 2") { $0.devices[3].device = .vsock(.kernel(cid: 2)) },
        Spoiling("any vsock address", "4294967295") { $0.devices[3].device = .vsock(.kernel(cid: .max)) },
        Spoiling("long tag", "tag") { plan in
            plan.devices[2].device = .share(
                SharedFolder(tag: String(repeating: "t", count: 37), socketPath: "/s"))
        },
        Spoiling("odd queue", "queue of 1000") { plan in
            plan.devices[2].device = .share(SharedFolder(socketPath: "/s", queueSize: 1000))
        },
        Spoiling("same id", "two devices with the id") { $0.devices[1].id = "console" },
        Spoiling("id with a comma", "'a,b'") { $0.devices[1].id = "a,b" },
        Spoiling("same place", "two devices at") { $0.devices[1].path = $0.devices[0].path },
        Spoiling("the host bridge's place", "belongs to the machine") { plan in
            PCIPath("00").map { plan.devices[1].path = $0 }
        },
        Spoiling("behind no port", "no port before") { plan in
            PCIPath("1e/00").map { plan.devices[1].path = $0 }
        },
        Spoiling("two consoles", "2 devices of kind console") { plan in
            plan.devices[1].device = .console(ConsoleDevice(logPath: "/l"))
        },
        Spoiling("tiny console log", "1 bytes") { plan in
            plan.devices[0].device = .console(ConsoleDevice(logPath: "/l", maximumBytes: 1))
        },
        Spoiling("no such image", "root image on 'none'") { plan in
            plan.boot.root = .image(RootImage(device: "none", fileSystem: "ext4"))
        },
        Spoiling("writable image", "read-only") { plan in
            plan.devices[1].device = .block(BlockDevice(path: "/i", readOnly: false))
            plan.boot.root = .image(RootImage(device: "entropy", fileSystem: "ext4"))
        },
        Spoiling("long serial", "1 to 20 bytes") { plan in
            plan.devices[1].device = .block(
                BlockDevice(path: "/i", readOnly: true, serial: String(repeating: "s", count: 21)))
        },
    ]
}

@Suite struct PlanValidationTests {
    @Test(arguments: PlanFixture.all) func acceptsTheFixtures(_ fixture: PlanFixture) throws {
        try fixture.make("/golden").validate()
    }

    @Test(arguments: Spoiling.all) func refuses(_ spoiling: Spoiling) throws {
        var plan = try PlanFixture.minimal.make("/golden")
        spoiling.spoil(&plan)
        let error = #expect(throws: RuntimeError.self) { try plan.validate() }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains(spoiling.word) == true, "\(error?.message ?? "")")
    }
}
