import AgentProtocol
import Linux
import Testing

@testable import AgentService
@testable import GuestRuntime

@Suite struct DeviceNumberMapTests {
    private func block(_ major: UInt32?, _ minor: UInt32?, allow: Bool = true) -> GuestRuntime.DeviceRule {
        DeviceRule(allow: allow, kind: .block, major: major, minor: minor, access: [.read])
    }

    /// Two disks that change places: each number is replaced once.
    @Test func numbersAreReplacedAllAtOnce() {
        var map = DeviceNumberMap()
        let (first, second) = (DeviceNumber(major: 253, minor: 0), DeviceNumber(major: 253, minor: 16))
        map.add(first, isBlock: true, is: second, isBlock: true)
        map.add(second, isBlock: true, is: first, isBlock: true)
        #expect(map.translated([block(253, 0), block(253, 16)]) == [block(253, 16), block(253, 0)])
    }

    @Test func otherRulesStay() {
        var map = DeviceNumberMap()
        map.add(
            DeviceNumber(major: 8, minor: 1), isBlock: true, is: DeviceNumber(major: 253, minor: 0),
            isBlock: true)
        let rules = [
            block(8, 2), block(8, nil), block(nil, nil), GuestRuntime.DeviceRule(allow: false),
            DeviceRule(allow: true, kind: .character, major: 8, minor: 1),
        ]
        #expect(map.translated(rules) == rules)
        #expect(map.translated([block(8, 1, allow: false)]) == [block(253, 0, allow: false)])
    }

    @Test func oneNumberOfTheHostMayBeTwoDevices() {
        var map = DeviceNumberMap()
        for minor: UInt32 in [0, 16, 0] {
            map.add(
                DeviceNumber(major: 8, minor: 1), isBlock: true, is: DeviceNumber(major: 253, minor: minor),
                isBlock: true)
        }
        #expect(map.translated([block(8, 1)]) == [block(253, 0), block(253, 16)])
    }

    /// A rule that speaks of a node is all that the node is allowed; a node that none speaks of may be used.
    @Test func aNodeIsAllowedWhatItsRuleSays() {
        var disk = DevicePlan()
        (disk.path, disk.mode, disk.major, disk.minor) = ("/dev/xvda", 0o060600, 253, 0)
        #expect(
            AgentSpec().deviceRules([block(253, 0)], nodes: [disk]).filter { $0.kind == .block } == [
                block(253, 0), DeviceRule(allow: true, kind: .block, access: .make),
            ])
        let rules = AgentSpec().deviceRules([], nodes: [disk])
        #expect(rules.first == GuestRuntime.DeviceRule(allow: false))
        #expect(rules.last == DeviceRule(allow: true, kind: .block, major: 253, minor: 0))
    }
}
