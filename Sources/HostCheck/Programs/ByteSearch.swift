import Glibc

extension Collection<UInt8> {
    /// Where `needle` starts first; nil if it is nowhere. By bytes, which costs no text library.
    func firstIndex(of needle: [UInt8]) -> Index? {
        guard let first = needle.first else { return startIndex }
        var rest = self[...]
        while let start = rest.firstIndex(of: first) {
            if rest[start...].starts(with: needle) { return start }
            rest = rest[index(after: start)...]
        }
        return nil
    }
}

extension StringProtocol {
    /// Whether the text holds these words, compared byte by byte.
    func holds(_ words: String) -> Bool {
        utf8.firstIndex(of: Array(words.utf8)) != nil
    }
}
