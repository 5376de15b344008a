import Configuration
import Foundation
import Linux
import Testing

@testable import HostCheck

/// The two rows about booting, with a QEMU that says what the tests want.
@Suite struct BootProbeTests {
    private let fake: FakeHost

    private static let kernelLine = "[    0.000000] Linux version 6.12.95 (gcc) #1 SMP\n"
    private static let initLine = "[    2.408507] Run /init as init process\n"
    private static let readyLine = "swiftlet-agent: ready\n"

    init() throws {
        fake = try FakeHost()
        try fake.write("dev/kvm", "")
    }

    private func rows(
        _ accelerator: String, kvm: ProgramOutcome, tcg: ProgramOutcome = .said(""), earlier: [CheckRow] = []
    ) throws -> (kvm: CheckRow, boot: CheckRow) {
        fake.host.programs = Programs { run, isEnough in
            let outcome = run.arguments.contains("kvm") ? kvm : tcg
            // As the real one does: what is waited for ends the program.
            return isEnough(outcome.output) ? ProgramOutcome(.satisfied, outcome.output) : outcome
        }
        let configuration = try fake.configuration("accelerator = \"\(accelerator)\"")
        let rows = BootProbe(configuration: configuration, host: fake.host).rows(earlier: earlier)
        return (try #require(rows.first), try #require(rows.last))
    }

    private func running(_ text: String) -> ProgramOutcome { ProgramOutcome(.timedOut, text) }

    @Test func kvmThatBoots() throws {
        let (kvm, boot) = try rows("kvm", kvm: running(Self.kernelLine + Self.initLine + Self.readyLine))
        #expect(kvm.state == .ok && kvm.isRequired && kvm.found == "boots the guest's kernel")
        #expect(boot.state == .ok && boot.isRequired && boot.found.hasSuffix("under kvm"))
    }

    @Test func kvmThatIsSilent() throws {
        let (kvm, boot) = try rows("kvm", kvm: running(""))
        #expect(kvm.isFatal && kvm.found == "nothing was heard of it within 10.0 s")
        #expect(kvm.advice?.contains("tcg") == true)
        #expect(boot.isFatal && boot.state == .unknown)
    }

    @Test func kvmThatMakesQEMUFail() throws {
        let (kvm, _) = try rows("kvm", kvm: ProgramOutcome(.ended(.signaled(6)), "failed to set MSR 0x10a\n"))
        #expect(kvm.isFatal)
        #expect(kvm.found == "QEMU did not run it: signal 6 ended it and said 'failed to set MSR 0x10a'")
    }

    @Test func noKVM() throws {
        try fake.remove("dev/kvm")
        let (kvm, boot) = try rows("kvm", kvm: .said(""))
        #expect(kvm.isFatal && kvm.found.contains("no such file"))
        #expect(kvm.advice?.hasPrefix("enable virtualization") == true)
        #expect(boot.found == "not tried: see kvm")
    }

    @Test func kernelThatPanicsIsNoFaultOfKVM() throws {
        let panic = "[    1.0] Kernel panic - not syncing: VFS: Unable to mount root fs\n"
        let (kvm, boot) = try rows("kvm", kvm: running(Self.kernelLine + panic))
        #expect(kvm.state == .ok)
        #expect(boot.isFatal && boot.found.contains("Unable to mount root fs"))
    }

    @Test func agentThatGivesUp() throws {
        let last = "swiftlet-agent: error: can't load the kernel module 'vsock': exec format error\n"
        let (_, boot) = try rows(
            "tcg", kvm: running(""), tcg: running(Self.kernelLine + Self.initLine + last))
        #expect(boot.isFatal && boot.found.contains("can't load the kernel module"))
    }

    @Test func guestThatStopsOnTheWay() throws {
        let (_, boot) = try rows(
            "tcg", kvm: running(""), tcg: running(Self.kernelLine + "[    1.0] waiting\n"))
        #expect(boot.isFatal && boot.found.contains("than '[    1.0] waiting'"))
    }

    @Test func withTCGTheRowOfKVMIsForInformation() throws {
        let ready = running(Self.kernelLine + Self.readyLine)
        let silent = try rows("tcg", kvm: running(""), tcg: ready)
        #expect(silent.kvm.state == .missing && !silent.kvm.isFatal)
        #expect(silent.boot.state == .ok && silent.boot.found.hasSuffix("under tcg"))
        let works = try rows("tcg", kvm: running(Self.kernelLine), tcg: ready)
        #expect(works.kvm.state == .ok && works.kvm.advice?.contains("\"kvm\"") == true)
        try fake.remove("dev/kvm")
        #expect(try rows("tcg", kvm: .said(""), tcg: ready).kvm.isFatal == false)
    }

    @Test func nothingIsTriedWithoutAKernel() throws {
        let earlier = [CheckRow("kernel", .missing, required: true, "absent")]
        for accelerator in ["kvm", "tcg"] {
            let (kvm, boot) = try rows(accelerator, kvm: .said("x"), tcg: .said("x"), earlier: earlier)
            #expect(kvm.state == .unknown && boot.isFatal && boot.found == "not tried: see kernel")
        }
    }

    @Test func trialIsTheSandboxesMachineWithoutItsDaemons() throws {
        let configuration = try fake.configuration("accelerator = \"tcg\"\ndefault_memory = 512")
        let run = try TrialMachine(configuration, fake.host).run
        let line = run.arguments.joined(separator: " ")
        for words in ["-m 512M", "-accel tcg", "ignore_loglevel", "chroot=/", "virtconsole"] {
            #expect(line.contains(words))
        }
        for words in ["vhost-user", "vhost-vsock", "-netdev"] { #expect(!line.contains(words)) }
        #expect(run.descriptors.count == 2)
    }

    @Test func nothingIsLeftInTheFoldersForSockets() throws {
        func names() throws -> [String] {
            try ["/run", "/tmp"].flatMap { try FileManager.default.contentsOfDirectory(atPath: $0) }
                .filter { $0.hasPrefix("swiftlet-check-") }
        }
        let before = try names()
        let socket = try UnnamedListener()
        #expect(try names() == before)
        try writeAll([1], to: socket.connection.raw)
    }
}
