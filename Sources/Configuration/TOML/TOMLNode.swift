/// What a key of a TOML text leads to, and the line on which it is first named.
struct TOMLNode {
    enum Content {
        case value(RawValue)
        case table(TOMLTable)
        /// A list of tables that `[[headers]]` make.
        case tables([TOMLTable])
    }

    var content: Content
    var line: Int

    var rawValue: RawValue {
        switch content {
        case .value(let value): value
        case .table(let table): table.rawValue
        case .tables(let tables): .list(tables.map(\.rawValue))
        }
    }
}

/// A table while the text is read. A class, because headers come back to tables that are already there.
final class TOMLTable {
    /// How the table came to be, which decides what may still add to it.
    enum Origin {
        /// A header further down named it on its way.
        case implied
        case header
        case dottedKey
        case inline
    }

    /// Tables in one list; no configuration has more than a few.
    static let mostTables = 256

    var origin: Origin
    var members: [String: TOMLNode] = [:]

    init(_ origin: Origin) {
        self.origin = origin
    }

    /// As deep as the reader lets tables nest.
    var rawValue: RawValue { .table(members.mapValues(\.rawValue)) }

    /// The line on which the key at the end of a path is first named.
    func line(of path: some Collection<String>) -> Int? {
        guard let name = path.first, let node = members[name] else { return nil }
        let rest = path.dropFirst()
        if rest.isEmpty { return node.line }
        switch node.content {
        case .table(let table): return table.line(of: rest)
        case .value, .tables: return node.line
        }
    }

    /// The table that the parts of a header lead to on their way, made where it is missing.
    func descend(header name: String, line: Int) throws(TOMLSyntaxError) -> TOMLTable {
        switch members[name]?.content {
        case .table(let table) where table.origin != .inline: return table
        case .tables(let tables):
            if let last = tables.last { return last }
        case nil: return add(TOMLTable(.implied), name, line)
        default: break
        }
        throw TOMLSyntaxError(line: line, reason: "'\(oneLine(name))' is no table")
    }

    /// The table that a part of a dotted key leads to. Only tables that dotted keys made can be added to.
    func descend(dotted name: String, line: Int) throws(TOMLSyntaxError) -> TOMLTable {
        switch members[name]?.content {
        case .table(let table) where table.origin == .dottedKey: return table
        case nil: return add(TOMLTable(.dottedKey), name, line)
        default: throw Self.doubled(name, line)
        }
    }

    /// The table of a header `[… name]`.
    func open(_ name: String, line: Int) throws(TOMLSyntaxError) -> TOMLTable {
        switch members[name]?.content {
        case .table(let table) where table.origin == .implied:
            table.origin = .header
            members[name]?.line = line
            return table
        case nil: return add(TOMLTable(.header), name, line)
        default: throw Self.doubled(name, line)
        }
    }

    /// One more table of a header `[[… name]]`.
    func append(_ name: String, line: Int) throws(TOMLSyntaxError) -> TOMLTable {
        let table = TOMLTable(.header)
        switch members[name]?.content {
        case .tables(let tables) where tables.count < Self.mostTables:
            members[name]?.content = .tables(tables + [table])
        case .tables:
            throw TOMLSyntaxError(
                line: line, reason: "there are more than \(Self.mostTables) tables of one name")
        case nil: members[name] = TOMLNode(content: .tables([table]), line: line)
        default: throw Self.doubled(name, line)
        }
        return table
    }

    /// A key and its value.
    func set(_ name: String, _ value: RawValue, line: Int) throws(TOMLSyntaxError) {
        guard members[name] == nil else { throw Self.doubled(name, line) }
        members[name] = TOMLNode(content: .value(value), line: line)
    }

    private func add(_ table: TOMLTable, _ name: String, _ line: Int) -> TOMLTable {
        members[name] = TOMLNode(content: .table(table), line: line)
        return table
    }

    private static func doubled(_ name: String, _ line: Int) -> TOMLSyntaxError {
        TOMLSyntaxError(line: line, reason: "'\(oneLine(name))' is there twice")
    }
}
