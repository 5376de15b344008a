/// A version of two or more numbers, such as 10.0.2; the first two count.
struct ProgramVersion: Comparable, CustomStringConvertible {
    let major: Int
    let minor: Int
    let description: String

    init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
        description = "\(major).\(minor)"
    }

    /// The first word of a text that starts with two numbers and a point between them, with or without a `v`.
    init?(in text: String) {
        for word in text.split(whereSeparator: { " \t\n,()".contains($0) }) {
            let digits = word.first == "v" ? word.dropFirst() : word[...]
            let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count >= 2, let major = Int(parts[0]), major >= 0,
                let minor = Int(parts[1].prefix { $0.isASCII && $0.isWholeNumber })
            else { continue }
            self.major = major
            self.minor = minor
            description = String(digits)
            return
        }
        return nil
    }

    static func < (left: ProgramVersion, right: ProgramVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }
}
