/// What a host can do, row by row.
package struct CheckReport: Sendable, Equatable {
    /// In the order of the table.
    package var rows: [CheckRow]

    /// A report of rows.
    package init(rows: [CheckRow]) {
        self.rows = rows
    }

    /// The rows because of which no container can run.
    package var fatal: [CheckRow] { rows.filter(\.isFatal) }

    /// 0 when a container can run, 1 when it can't.
    package var exitStatus: Int32 { fatal.isEmpty ? 0 : 1 }
}

extension CheckReport: Encodable {
    private enum Key: String, CodingKey {
        case version, containersCanRun, rows
    }

    /// The number of this form; it changes when a key changes its meaning or goes.
    private static let version = 1

    /// Writes the form's version, the verdict and the rows.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(Self.version, forKey: .version)
        try container.encode(fatal.isEmpty, forKey: .containersCanRun)
        try container.encode(rows, forKey: .rows)
    }
}
