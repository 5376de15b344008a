import Foundation
import Testing

@testable import HostCheck

@Suite struct CheckReportTests {
    private let rows = [
        CheckRow("one", .ok, required: true, "there"),
        CheckRow("second", .warning, required: true, "old", advice: "renew it"),
        CheckRow("third", .missing, "absent"),
    ]

    @Test func whatIsNotRequiredIsNotFatal() {
        #expect(CheckReport(rows: rows).exitStatus == 0)
    }

    @Test(arguments: [CheckRow.State.missing, .unknown])
    func whatIsRequiredAndNotThereIsFatal(_ state: CheckRow.State) {
        let report = CheckReport(rows: rows + [CheckRow("fourth", state, required: true, "absent")])
        #expect(report.exitStatus == 1)
        #expect(report.table.hasSuffix("\nNo container can run here: fourth."))
    }

    @Test func tableHasAColumnForEachTextAndAdviceBeneath() {
        let expected = """
            ok       one     there
            warning  second  old
                             → renew it
            missing  third   absent

            A container can run here.
            """
        #expect(CheckReport(rows: rows).table == expected)
    }

    @Test func jsonAlwaysHasEveryKey() throws {
        let data = try JSONEncoder().encode(CheckReport(rows: rows))
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(Set(object.keys) == ["version", "containersCanRun", "rows"])
        let first = try #require((object["rows"] as? [[String: Any]])?.first)
        #expect(Set(first.keys) == ["name", "state", "required", "found", "advice"])
        #expect(first["advice"] is NSNull)
    }

    @Test func textsAreOneBoundedLineWithoutControlCharacters() {
        let row = CheckRow("x", .ok, "a\n\u{1b}[31mred\t" + String(repeating: "é", count: 4000))
        #expect(row.found.hasPrefix("a  [31mred "))
        #expect(row.found.utf8.count < 700)
        #expect(row.found.hasSuffix("…"))
    }
}
