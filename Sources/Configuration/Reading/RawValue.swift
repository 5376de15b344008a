import TOMLKit

/// A value as the file has it, before anyone knows what it should be.
indirect enum RawValue: Sendable, Equatable {
    case flag(Bool)
    case integer(Int64)
    case number(Double)
    case text(String)
    case list([RawValue])
    case table([String: RawValue])
    /// A date or a time, which no key takes.
    case other

    /// Whether the value says "nothing" or "off": false, 0, an empty string, list or table.
    var isInert: Bool {
        switch self {
        case .flag(let flag): return !flag
        case .integer(let integer): return integer == 0
        case .number(let number): return number == 0
        case .text(let text): return text.isEmpty
        case .list(let list): return list.isEmpty
        case .table(let table): return table.isEmpty
        case .other: return false
        }
    }

    /// The value of a node of a parsed file. The reader has bounded how deep nodes nest.
    init(_ node: any TOMLValueConvertible) {
        switch node.type {
        case .bool: self = node.bool.map(RawValue.flag) ?? .other
        case .int: self = node.int.map { .integer(Int64($0)) } ?? .other
        case .double: self = node.double.map(RawValue.number) ?? .other
        case .string: self = node.string.map(RawValue.text) ?? .other
        case .array: self = .list(node.array.map { $0.map { RawValue($0) } } ?? [])
        case .table: self = node.table.map { RawValue(table: $0) } ?? .other
        case .date, .time, .dateTime: self = .other
        }
    }

    init(table: TOMLTable) {
        var members: [String: RawValue] = [:]
        for key in table.keys {
            if let node = table[key] { members[key] = RawValue(node) }
        }
        self = .table(members)
    }
}
