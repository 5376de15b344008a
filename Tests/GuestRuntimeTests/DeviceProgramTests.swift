import RuntimeErrors
import Testing

@testable import GuestRuntime

@Suite struct DeviceProgramTests {
    /// A request as the kernel hands it to the program: kind 1 block, 2 character; access 1 make, 2 read, 4 write.
    private func verdict(
        _ rules: [DeviceRule], kind: UInt64, access: UInt64, _ major: UInt64, _ minor: UInt64
    ) throws -> UInt64 {
        try DeviceMachine(DeviceProgram(rules).instructions).run(
            words: [access << 16 | kind, major, minor])
    }

    @Test func standardRulesAllowTheUsualDevicesOnly() throws {
        let rules = DeviceRule.standard
        #expect(try verdict(rules, kind: 2, access: 6, 1, 3) == 1)
        #expect(try verdict(rules, kind: 2, access: 2, 136, 77) == 1)
        #expect(try verdict(rules, kind: 2, access: 2, 1, 1) == 0)
        #expect(try verdict(rules, kind: 1, access: 2, 8, 0) == 0)
        #expect(try verdict(rules, kind: 1, access: 1, 8, 0) == 1)
        #expect(try verdict(rules, kind: 1, access: 3, 8, 0) == 0)
        #expect(try verdict(rules, kind: 1, access: 2, 1, 3) == 0)
    }

    @Test func theLastRuleWins() throws {
        let disk = DeviceRule(allow: true, kind: .block, major: 8, minor: 1, access: [.read])
        let rules = DeviceRule.standard + [disk]
        #expect(try verdict(rules, kind: 1, access: 2, 8, 1) == 1)
        #expect(try verdict(rules, kind: 1, access: 4, 8, 1) == 0)
        #expect(try verdict(rules, kind: 1, access: 6, 8, 1) == 0)
        let denied = rules + [DeviceRule(allow: false, kind: .block, access: [.read])]
        #expect(try verdict(denied, kind: 1, access: 2, 8, 1) == 0)
        #expect(try verdict(denied, kind: 1, access: 6, 8, 1) == 0)
    }

    @Test func everythingOrNothing() throws {
        #expect(try verdict([DeviceRule(allow: true)], kind: 1, access: 7, 9, 9) == 1)
        #expect(try verdict([], kind: 2, access: 2, 1, 3) == 0)
        #expect(
            try verdict([DeviceRule(allow: true), DeviceRule(allow: false)], kind: 2, access: 2, 1, 3) == 0)
    }

    @Test func wordsOfTheSpecification() throws {
        let rule = try DeviceRule(allow: true, type: "c", major: 5, minor: -1, access: "rw")
        #expect(rule == DeviceRule(allow: true, kind: .character, major: 5, access: [.read, .write]))
        #expect(throws: RuntimeError.self) {
            try DeviceRule(allow: true, type: "x", major: 0, minor: 0, access: "r")
        }
        #expect(throws: RuntimeError.self) {
            try DeviceRule(allow: true, type: "c", major: 1 << 40, minor: 0, access: "r")
        }
        #expect(throws: RuntimeError.self) {
            try DeviceRule(allow: true, type: "c", major: 0, minor: 0, access: "z")
        }
    }
}

/// Executes the few instructions that a device program is made of.
private struct DeviceMachine {
    private let code: [UInt64]

    init(_ code: [UInt64]) { self.code = code }

    func run(words: [UInt64]) throws -> UInt64 {
        var registers = [UInt64](repeating: 0, count: 11)
        var next = 0
        for _ in 0...code.count {
            let instruction = try #require(code.indices.contains(next) ? code[next] : nil)
            let target = Int(instruction >> 8 & 15)
            let source = Int(instruction >> 12 & 15)
            let offset = Int(Int16(truncatingIfNeeded: instruction >> 16))
            let value = instruction >> 32
            next += 1
            switch instruction & 0xff {
            case 0x61: registers[target] = words[offset / 4]
            case 0xbc: registers[target] = registers[source]
            case 0x54: registers[target] &= value
            case 0x74: registers[target] >>= value
            case 0x56: if registers[target] != value { next += offset }
            case 0x16: if registers[target] == value { next += offset }
            case 0xb4: registers[target] = value
            case 0x95: return registers[0]
            default: Issue.record("unknown instruction \(instruction & 0xff)")
            }
        }
        Issue.record("the program does not end")
        return 0
    }
}
