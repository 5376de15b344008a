/// A value for which "absent", `null` and "empty" mean the same thing in a runtime specification.
package protocol OmittableValue: Codable, Equatable {
    /// The empty value.
    init()
    /// Whether the value is left out when it is written.
    var isOmitted: Bool { get }
}

extension Array: OmittableValue where Element: Codable & Equatable {
    package var isOmitted: Bool { isEmpty }
}

extension Dictionary: OmittableValue where Key == String, Value: Codable & Equatable {
    package var isOmitted: Bool { isEmpty }
}

extension String: OmittableValue {
    package var isOmitted: Bool { isEmpty }
}

extension Bool: OmittableValue {
    package var isOmitted: Bool { !self }
}

/// Makes a property decode from an absent or `null` field as its empty value, and leaves the field out
/// when the value is empty.
///
/// The specification's reference types are written by Go, which writes an unset list as `null` or not at
/// all; readers of the model should see one kind of empty only.
@propertyWrapper
package struct Omittable<Value: OmittableValue>: Codable, Equatable {
    package var wrappedValue: Value

    package init() {
        wrappedValue = Value()
    }

    package init(wrappedValue: Value) {
        self.wrappedValue = wrappedValue
    }

    package init(from decoder: any Decoder) throws {
        wrappedValue = try Value(from: decoder)
    }

    package func encode(to encoder: any Encoder) throws {
        try wrappedValue.encode(to: encoder)
    }
}

extension Omittable: Sendable where Value: Sendable {}

// The compiler's synthesized `init(from:)` and `encode(to:)` call these overloads, because they are more
// specific than the generic ones.
extension KeyedDecodingContainer {
    func decode<Value>(_ type: Omittable<Value>.Type, forKey key: Key) throws -> Omittable<Value> {
        Omittable(wrappedValue: try decodeIfPresent(Value.self, forKey: key) ?? Value())
    }
}

extension KeyedEncodingContainer {
    mutating func encode<Value>(_ value: Omittable<Value>, forKey key: Key) throws {
        guard !value.wrappedValue.isOmitted else { return }
        try encode(value.wrappedValue, forKey: key)
    }
}
