/// A parsed configuration text that still knows its lines.
struct TOMLDocument {
    /// Bytes of one file; Kata's longest template has 40 thousand.
    static let largest = 1 << 20

    let name: String
    let root: [String: RawValue]
    private let table: TOMLTable

    /// - Throws: the one `Problem` that makes the text unreadable.
    init(_ source: ConfigurationText) throws(Unreadable) {
        name = source.name
        guard source.text.utf8.count <= Self.largest else {
            let text = "the file has \(source.text.utf8.count) bytes; shorten it to at most \(Self.largest)"
            throw Unreadable(problem: Problem(place: .init(file: name, line: nil), text: text))
        }
        do {
            table = try TOMLParser.parse(source.text)
        } catch {
            let text = "this is not TOML: \(error.reason); correct it"
            throw Unreadable(problem: Problem(place: .init(file: name, line: error.line), text: text))
        }
        root = table.members.mapValues(\.rawValue)
    }

    /// The place of a key or section.
    func place(_ path: [String]) -> Problem.Place {
        Problem.Place(file: name, line: table.line(of: path))
    }

    /// Why a text could not be read at all.
    struct Unreadable: Error {
        var problem: Problem
    }
}

/// Text from outside as a part of a one-line message.
func oneLine(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars.prefix(120) {
        if scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) {
            result += " "
        } else {
            result.unicodeScalars.append(scalar)
        }
    }
    return result
}
