/// One linear pass over a JSON document before it is decoded.
///
/// It refuses what a decoder would take without a word or die of: documents that are too large, too deep
/// or too wide, two members of one object with the same name (readers differ on which one counts, which
/// is how one of them is fooled), and NUL characters, at which C strings end. It does not check the
/// grammar: on a document that is not JSON the decoder has the last word.
struct DocumentGuard {
    /// Why a document is refused.
    struct Refusal: Error, Equatable {
        var path: FieldPath
        var reason: String
    }

    /// An object or a list that has been entered and not left. A struct, so that the names are changed in
    /// place: a copy for each member would make the pass quadratic.
    private struct Container {
        var isObject: Bool
        var names: Set<String> = []
        var name: String?
        var wantsName: Bool
        var index = 0
    }

    private let bytes: [UInt8]
    private let limits: DocumentLimits
    private var position = 0
    private var values = 0
    private var open: [Container] = []

    private init(_ bytes: [UInt8], _ limits: DocumentLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    /// Throws a `Refusal` if `bytes` are not fit to be decoded.
    static func check(_ bytes: [UInt8], limits: DocumentLimits) throws(Refusal) {
        guard bytes.count <= limits.size else {
            let reason = "it has \(bytes.count) bytes, more than the \(limits.size) allowed"
            throw Refusal(path: FieldPath(), reason: reason)
        }
        var pass = DocumentGuard(bytes, limits)
        try pass.run()
    }

    private mutating func run() throws(Refusal) {
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "{"): try enter(Container(isObject: true, wantsName: true))
            case UInt8(ascii: "["): try enter(Container(isObject: false, wantsName: false))
            case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = open.popLast()
            case UInt8(ascii: ","): try next()
            case UInt8(ascii: "\""): try string()
            case 0: throw refusal("holds a NUL byte")
            default: break
            }
        }
    }

    private mutating func enter(_ container: Container) throws(Refusal) {
        guard open.count < limits.depth else {
            throw refusal("is nested more than \(limits.depth) levels deep")
        }
        try count()
        open.append(container)
    }

    private mutating func count() throws(Refusal) {
        values += 1
        guard values <= limits.values else {
            throw refusal("is one of more than \(limits.values) values in the document")
        }
    }

    /// A comma: the next element of a list or the next name of an object.
    private mutating func next() throws(Refusal) {
        try count()
        guard let top = open.indices.last else { return }
        if open[top].isObject {
            open[top].wantsName = true
            open[top].name = nil
        }
        open[top].index += 1
        guard open[top].index < limits.members else {
            throw refusal("is one of more than \(limits.members) in one list or object")
        }
    }

    /// The rest of a string whose opening quote has been read.
    private mutating func string() throws(Refusal) {
        let start = position
        var escaped = false
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") { break }
            if byte == 0 { throw refusal("holds a NUL byte") }
            if byte < 0x20 { throw refusal("holds a control character that is not escaped") }
            guard byte == UInt8(ascii: "\\") else { continue }
            escaped = true
            if position < bytes.count, bytes[position] == UInt8(ascii: "u"), hexadecimal(position + 1) == 0 {
                throw refusal("holds a NUL character")
            }
            position += 1
        }
        guard let top = open.indices.last, open[top].wantsName, start < position, position <= bytes.count
        else { return }
        let raw = bytes[start..<(position - 1)]
        let name = String(decoding: escaped ? unescaped(raw) : Array(raw), as: UTF8.self)
        open[top].wantsName = false
        open[top].name = name
        guard open[top].names.insert(name).inserted else { throw refusal("is there twice") }
    }

    /// The number that four hexadecimal digits at `start` make, or nil.
    private func hexadecimal(_ start: Int) -> UInt32? {
        guard start + 4 <= bytes.count else { return nil }
        return UInt32(String(decoding: bytes[start..<(start + 4)], as: UTF8.self), radix: 16)
    }

    /// A name with its escapes undone, so that `"a"` and `"\u0061"` are the same. A surrogate pair stays
    /// two replacement characters: good enough, since that can only make two names alike.
    private func unescaped(_ raw: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var index = raw.startIndex
        while index < raw.endIndex {
            let byte = raw[index]
            index += 1
            guard byte == UInt8(ascii: "\\"), index < raw.endIndex else {
                result.append(byte)
                continue
            }
            let escape = raw[index]
            index += 1
            switch escape {
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "u"):
                let scalar = hexadecimal(index).flatMap(Unicode.Scalar.init) ?? "\u{FFFD}"
                result.append(contentsOf: Array(String(Character(scalar)).utf8))
                index += 4
            default: result.append(escape)
            }
        }
        return result
    }

    private func refusal(_ reason: String) -> Refusal {
        let steps = open.compactMap { container -> FieldPath.Step? in
            container.isObject ? container.name.map(FieldPath.Step.key) : .index(container.index)
        }
        return Refusal(path: FieldPath(steps), reason: reason)
    }
}
