import FoundationEssentials

/// `value` as JSON with sorted names and slashes as they are.
///
/// - Throws: the encoder's error; none is known for the types of this module.
package func jsonText(_ value: some Encodable, indented: Bool = true) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if indented { encoder.outputFormatting.insert(.prettyPrinted) }
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}
