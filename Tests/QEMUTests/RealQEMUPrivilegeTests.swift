import Foundation
import Glibc
import Hypervisor
import Linux
import LoopSupport
import RuntimeErrors
import Testing

@testable import QEMU

/// What the real QEMU may do and lock, as the kernel shows it, held before its guest's first instruction.
extension RealQEMUTests {
    private static let someUser = ProcessIdentity(user: 54321, group: 54322)
    private static let mine = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""

    private static func has(_ capability: CapabilitySet) -> Bool {
        let digits = field("CapEff", of: mine)
        return CapabilitySet(rawValue: UInt64(digits, radix: 16) ?? 0).contains(capability)
    }

    private static func field(_ name: String, of status: String) -> String {
        let line = status.split(separator: "\n").first { $0.hasPrefix("\(name):") }
        return line?.dropFirst(name.utf8.count + 1).split(whereSeparator: \.isWhitespace).joined(
            separator: " ") ?? ""
    }

    private static func hex(_ set: CapabilitySet) -> String {
        let digits = String(set.rawValue, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// A small guest; of another user without an empty root, which takes a capability.
    private func small(_ identity: ProcessIdentity?) throws -> MonitorFixture {
        var made = try fixture(.minimal)
        made.plan.memory.mebibytes = 32
        made.plan.qemu.translationBufferMebibytes = 16
        if identity != nil {
            made.plan.qemu.emptyRoot = nil
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o755], ofItemAtPath: made.folder.path)
        }
        return made
    }

    /// Starts QEMU, held, and returns its status and its limits.
    private func look(
        _ lockedMemory: LockedMemory.Decision, _ identity: ProcessIdentity? = nil, locks: Bool = false
    ) async throws -> (status: String, limits: String) {
        let made = try small(identity)
        var command = try QEMUCommandLine(made.plan).command
        command.arguments.append("-S")
        if locks { command.arguments += ["-overcommit", "mem-lock=on"] }
        let (plan, held) = (made.plan, command)
        let launch = MonitorLaunch(identity: identity, lockedMemory: lockedMemory)
        return try await TestLoop.run { loop, children in
            let machine = try await QEMUMachine.start(held, plan, launch, loop, children)
            do {
                try await loop.withDeadline(.seconds(60), "wait for QMP") {
                    try await machine.control.negotiate()
                }
            } catch {
                throw await machine.giveUp(after: error)
            }
            let status = try? String(contentsOfFile: "/proc/\(machine.pid)/status", encoding: .utf8)
            let limits = try? String(contentsOfFile: "/proc/\(machine.pid)/limits", encoding: .utf8)
            await machine.stop(grace: .seconds(20))
            return (status ?? "", limits ?? "")
        }
    }

    private static func expect(
        _ status: String, permitted: CapabilitySet, ambient: CapabilitySet
    ) {
        for set in ["CapEff", "CapPrm", "CapBnd"] {
            #expect(field(set, of: status) == hex(permitted), "\(set)")
        }
        for set in ["CapInh", "CapAmb"] { #expect(field(set, of: status) == hex(ambient), "\(set)") }
        #expect(field("NoNewPrivs", of: status) == "1")
        #expect(field("Seccomp", of: status) == "2")
    }

    private static func locked(_ limits: String) -> [String] {
        let line = limits.split(separator: "\n").first { $0.hasPrefix("Max locked memory") }
        return line?.dropFirst(17).split(separator: " ").prefix(2).map(String.init) ?? []
    }

    @Test func withoutDevicesTheLimitIsInherited() async throws {
        let inherited = try ResourceLimit.current(.lockedMemory)
        let (status, limits) = try await look(.inherit)
        #expect(
            Self.locked(limits)
                == [inherited.soft, inherited.hard].map { $0 == .max ? "unlimited" : "\($0)" })
        Self.expect(status, permitted: .sysChroot, ambient: [])
    }

    @Test(arguments: [nil, someUser]) func theLimitIsTheChildsAlone(_ identity: ProcessIdentity?) async throws
    {
        let before = try ResourceLimit.current(.lockedMemory)
        let hard = min(before.hard, 8 << 20)
        let (status, limits) = try await look(.limit(soft: hard / 2, hard: hard), identity)
        #expect(Self.locked(limits) == ["\(hard / 2)", "\(hard)"])
        Self.expect(status, permitted: identity == nil ? .sysChroot : [], ambient: [])
        #expect(try ResourceLimit.current(.lockedMemory) == before)
    }

    /// Above the hard limit it takes CAP_SYS_RESOURCE: the kernel decides, and its refusal is told.
    @Test func theHardLimitRisesOrTheRefusalIsTold() async throws {
        let hard = try ResourceLimit.current(.lockedMemory).hard
        guard hard < .max else {
            return print("left out: the hard limit of this process can't be raised any more")
        }
        let more = hard + 4096
        guard Self.has(.sysResource) else {
            print("without CAP_SYS_RESOURCE: only the refusal is looked at")
            let error = await #expect(throws: RuntimeError.self) {
                try await look(.limit(soft: more, hard: more))
            }
            #expect(error?.message.contains("cannot set the limit lockedMemory to \(more)") == true)
            return
        }
        let (_, limits) = try await look(.limit(soft: more, hard: more))
        #expect(Self.locked(limits) == ["\(more)", "\(more)"])
    }

    @Test(.enabled(if: has(.ipcLock), "needs CAP_IPC_LOCK")) func rootKeepsTheCapabilityToLock() async throws
    {
        let (status, _) = try await look(.capability)
        Self.expect(status, permitted: [.sysChroot, .ipcLock], ambient: [])
    }

    @Test(.enabled(if: has([.ipcLock, .setuid]), "needs CAP_IPC_LOCK and CAP_SETUID"))
    func anotherUserHasTheCapabilityToLockAndNoOther() async throws {
        let (status, _) = try await look(.capability, Self.someUser)
        Self.expect(status, permitted: .ipcLock, ambient: .ipcLock)
        #expect(Self.field("Uid", of: status) == "54321 54321 54321 54321")
        #expect(Self.field("Gid", of: status) == "54322 54322 54322 54322")
        #expect(Self.field("Groups", of: status) == "")
    }

    @Test(.enabled(if: has(.setuid), "needs CAP_SETUID"))
    func anotherUserHasNoCapability() async throws {
        let (status, _) = try await look(.inherit, Self.someUser)
        Self.expect(status, permitted: [], ambient: [])
    }

    /// The capability is of use where it is kept: QEMU locks all it has, far above its limit.
    @Test(
        .enabled(if: has([.ipcLock, .setuid]), "needs CAP_IPC_LOCK and CAP_SETUID"),
        arguments: [nil, someUser])
    func memoryIsLockedAboveTheLimitByTheCapability(_ identity: ProcessIdentity?) async throws {
        let (status, limits) = try await look(.capability, identity, locks: true)
        let locked = Self.field("VmLck", of: status).split(separator: " ").first.flatMap { UInt64($0) } ?? 0
        #expect(locked >= 32 << 10, "\(locked) KiB")
        let most = Self.locked(limits).first ?? ""
        if most == "unlimited" { print("this process has no limit: the capability did not matter") }
        #expect(most == "unlimited" || UInt64(most).map { $0 < 32 << 20 } == true)
    }

    @Test(arguments: [nil, someUser])
    func withoutItNothingIsLockedAboveTheLimit(_ identity: ProcessIdentity?) async throws {
        let error = await #expect(throws: RuntimeError.self) {
            try await look(.limit(soft: 65_536, hard: 65_536), identity, locks: true)
        }
        #expect(error?.message.contains("QEMU ended with code 1") == true, "\(error?.message ?? "")")
    }
}
