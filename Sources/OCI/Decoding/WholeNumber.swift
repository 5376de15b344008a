/// Makes the error about a number that does not fit its property say where the number is.
///
/// The library's decoder reports numbers that are out of range, or that have a fraction, without a path.
@propertyWrapper
package struct WholeNumber<Value: Codable & Equatable>: Codable, Equatable {
    package var wrappedValue: Value

    package init(wrappedValue: Value) {
        self.wrappedValue = wrappedValue
    }

    package init(from decoder: any Decoder) throws {
        do {
            wrappedValue = try decoder.singleValueContainer().decode(Value.self)
        } catch DecodingError.typeMismatch(let type, let context) {
            throw DecodingError.typeMismatch(type, context)
        } catch {
            // Out of range is one of the library's own errors, which only its outermost call turns into a
            // `DecodingError`.
            let place = DecodingError.Context(
                codingPath: decoder.codingPath, debugDescription: "no such number")
            throw DecodingError.typeMismatch(Value.self, place)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(wrappedValue)
    }
}

extension WholeNumber: Sendable where Value: Sendable {}

extension WholeNumber where Value: ExpressibleByNilLiteral {
    package init() {
        wrappedValue = nil
    }
}

// The synthesized code calls these for optional properties, which may be absent.
extension KeyedDecodingContainer {
    func decode<Number>(_ type: WholeNumber<Number?>.Type, forKey key: Key) throws -> WholeNumber<Number?> {
        WholeNumber(wrappedValue: try decodeIfPresent(WholeNumber<Number>.self, forKey: key)?.wrappedValue)
    }
}

extension KeyedEncodingContainer {
    mutating func encode<Number>(_ value: WholeNumber<Number?>, forKey key: Key) throws {
        try encodeIfPresent(value.wrappedValue, forKey: key)
    }
}
