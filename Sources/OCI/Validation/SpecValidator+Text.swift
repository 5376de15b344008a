import RuntimeErrors

/// Checks of texts and paths.
extension SpecValidator {
    /// A text without NUL that is not too long.
    func checkText(_ text: String, _ path: FieldPath, limit: Int = 131_072) throws(RuntimeError) {
        guard !text.utf8.contains(0) else {
            throw invalid(path, "holds a NUL character", "remove it")
        }
        guard text.utf8.count <= limit else {
            throw invalid(path, "has \(text.utf8.count) bytes", "give at most \(limit)")
        }
    }

    /// A list that is not too long.
    func checkCount(_ count: Int, _ path: FieldPath, limit: Int) throws(RuntimeError) {
        guard count <= limit else {
            throw invalid(path, "has \(count) members", "give at most \(limit)")
        }
    }

    /// A path from the root that names one place: no relative path, no `..`.
    func checkPath(_ text: String, _ path: FieldPath) throws(RuntimeError) {
        try checkText(text, path, limit: 4095)
        guard text.hasPrefix("/") else {
            throw invalid(path, "is \(excerpt(text)), which is not absolute", "give an absolute path")
        }
        guard !text.utf8.split(separator: UInt8(ascii: "/")).contains(where: { $0.elementsEqual("..".utf8) })
        else {
            throw invalid(path, "is \(excerpt(text)), which holds '..'", "give the path that is meant")
        }
    }

    /// A list of such paths.
    func checkPaths(_ texts: [String], _ path: FieldPath) throws(RuntimeError) {
        try checkCount(texts.count, path, limit: 4096)
        for (index, text) in texts.enumerated() { try checkPath(text, path[index]) }
    }

    /// A table of texts.
    func checkTable(_ table: [String: String], _ path: FieldPath, limit: Int) throws(RuntimeError) {
        try checkCount(table.count, path, limit: limit)
        for (name, text) in table {
            try checkText(name, path / name, limit: 4096)
            try checkText(text, path / name, limit: 1 << 20)
            guard !name.isEmpty else { throw invalid(path, "has an empty name", "remove it") }
        }
    }

    /// One word of a fixed list.
    func checkWord(_ word: String, _ path: FieldPath, _ known: some Collection<String>) throws(RuntimeError) {
        guard known.contains(word) else {
            let list = known.sorted().filter { !$0.isEmpty }
            let remedy = list.count <= 12 ? "give one of \(list.joined(separator: ", "))" : "give a known one"
            throw invalid(path, "is \(excerpt(word)), which is not known", remedy)
        }
    }

    /// Lists of numbers and ranges, as the kernel writes processors: `0-3,7`.
    func checkNumberList(_ text: String, _ path: FieldPath) throws(RuntimeError) {
        try checkText(text, path, limit: 4096)
        for range in text.split(separator: ",", omittingEmptySubsequences: false) where !text.isEmpty {
            let ends = range.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            let numbers = ends.map { end in
                end.utf8.allSatisfy(\.isASCIIDigit) && end.utf8.count <= 6 ? Int(end) : nil
            }
            guard let first = numbers.first ?? nil, let last = numbers.last ?? nil, first <= last else {
                throw invalid(path, "is \(excerpt(text))", "write numbers and ranges like 0-3,7")
            }
        }
    }
}
