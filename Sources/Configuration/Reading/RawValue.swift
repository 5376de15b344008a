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
        case .flag(let flag): !flag
        case .integer(let integer): integer == 0
        case .number(let number): number == 0
        case .text(let text): text.isEmpty
        case .list(let list): list.isEmpty
        case .table(let table): table.isEmpty
        case .other: false
        }
    }
}
