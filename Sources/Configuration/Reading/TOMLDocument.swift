import TOMLKit

/// A parsed configuration text that still knows its lines.
struct TOMLDocument {
    /// Bytes of one file; Kata's longest template has 40 thousand.
    static let largest = 1 << 20

    let name: String
    let root: [String: RawValue]
    private let lines: KeyLines

    /// - Throws: the one `Problem` that makes the text unreadable.
    init(_ source: ConfigurationText) throws(Unreadable) {
        name = source.name
        func unreadable(_ text: String, line: Int? = nil) -> Unreadable {
            Unreadable(problem: Problem(place: .init(file: source.name, line: line), text: text))
        }
        guard source.text.utf8.count <= Self.largest else {
            throw unreadable(
                "the file has \(source.text.utf8.count) bytes; shorten it to at most \(Self.largest)")
        }
        if let line = Self.lineOfNUL(source.text) {
            throw unreadable(
                "there is a NUL character, at which the reader would stop; remove it", line: line)
        }
        lines = KeyLines(source.text)
        if let line = lines.tooDeep {
            throw unreadable(
                "a key has more than \(KeyLines.deepest) parts; no such key is known", line: line)
        }
        do {
            guard case .table(let members) = RawValue(table: try TOMLTable(string: source.text)) else {
                throw unreadable("the file is no table")
            }
            root = members
        } catch let error as TOMLParseError {
            throw unreadable(
                "this is not TOML (\(oneLine(error.description))); correct it", line: error.source.begin.line)
        } catch let error as Unreadable {
            throw error
        } catch {
            throw unreadable("this is not TOML; correct it")
        }
    }

    /// The place of a key or section.
    func place(_ path: [String]) -> Problem.Place {
        Problem.Place(file: name, line: lines[path])
    }

    /// The line of the first NUL, which may also be written as an escape.
    private static func lineOfNUL(_ text: String) -> Int? {
        var line = 1
        let bytes = Array(text.utf8)
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "\n") { line += 1 }
            if byte == 0 { return line }
            guard byte == UInt8(ascii: "\\") else { continue }
            let rest = bytes[(index + 1)...].prefix(9)
            if rest.starts(with: Array("u0000".utf8)) || rest.elementsEqual(Array("U00000000".utf8)) {
                return line
            }
        }
        return nil
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
