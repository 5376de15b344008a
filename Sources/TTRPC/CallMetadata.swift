/// The key-value pairs of a request: an ordered multi-map.
///
/// Keys are lower-cased (ASCII) when they enter, as other implementations do, so a look-up ignores
/// case. The order of entries is the order on the wire.
public struct CallMetadata: Sendable, Equatable {
    /// One pair.
    public struct Entry: Sendable, Equatable {
        /// The key, lower case.
        public let key: String
        /// The value, any text.
        public let value: String
    }

    /// Every pair, in order.
    public private(set) var entries: [Entry] = []

    /// Creates an empty map.
    public init() {}

    /// Adds a pair behind the others; earlier pairs of the same key stay.
    public mutating func append(_ key: String, _ value: String) {
        entries.append(Entry(key: Self.normalized(key), value: value))
    }

    /// All values of `key`, in order; empty if there is none. Setting it replaces them.
    public subscript(_ key: String) -> [String] {
        get {
            let key = Self.normalized(key)
            return entries.compactMap { $0.key == key ? $0.value : nil }
        }
        set {
            let key = Self.normalized(key)
            entries.removeAll { $0.key == key }
            for value in newValue { entries.append(Entry(key: key, value: value)) }
        }
    }

    /// The first value of `key`, if there is one.
    public func first(_ key: String) -> String? {
        let key = Self.normalized(key)
        return entries.first { $0.key == key }?.value
    }

    /// Whether there is no pair at all.
    public var isEmpty: Bool { entries.isEmpty }

    private static func normalized(_ key: String) -> String {
        let isUpper: (UInt8) -> Bool = { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
        guard key.utf8.contains(where: isUpper) else { return key }
        return String(decoding: key.utf8.map { isUpper($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}

extension CallMetadata: ExpressibleByDictionaryLiteral {
    /// Creates the map from a literal; a key may be repeated.
    public init(dictionaryLiteral elements: (String, String)...) {
        for (key, value) in elements { append(key, value) }
    }
}
