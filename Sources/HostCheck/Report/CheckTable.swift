extension CheckReport {
    /// The report for people: a line per row, its advice beneath it, and the verdict at the end.
    package var table: String {
        let width = rows.map(\.name.count).max() ?? 0
        var lines: [String] = []
        for row in rows {
            lines.append(
                Self.padded(row.state.rawValue, Self.stateWidth) + Self.padded(row.name, width) + row.found)
            guard let advice = row.advice else { continue }
            lines.append(Self.padded("", Self.stateWidth) + Self.padded("", width) + "→ \(advice)")
        }
        lines.append("")
        let names = fatal.map(\.name).joined(separator: ", ")
        lines.append(fatal.isEmpty ? "A container can run here." : "No container can run here: \(names).")
        return lines.joined(separator: "\n")
    }

    private static let stateWidth = CheckRow.State.allCases.map(\.rawValue.count).max() ?? 0

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count) + 2)
    }
}
