/// Lines of text with others beneath them.
struct TreeNode {
    /// The first one says what it is.
    var lines: [String]
    var children: [TreeNode] = []
}

/// Draws trees, and breaks lines that are too long where there is a space.
struct TreeText {
    /// In characters.
    static let width = 110

    private(set) var lines: [String] = []

    /// Adds a line, broken where it is too long.
    mutating func add(_ line: String = "") {
        lines += Self.broken(line, Self.width)
    }

    /// Adds a tree.
    mutating func add(_ node: TreeNode) {
        for line in node.lines { add(line) }
        add(children: node.children, prefix: "")
    }

    private mutating func add(children: [TreeNode], prefix: String) {
        for (index, child) in children.enumerated() {
            let isLast = index == children.count - 1
            let below = prefix + (isLast ? "   " : "│  ")
            let stem = child.children.isEmpty ? "  " : "│ "
            for (number, line) in child.lines.enumerated() {
                let start = number == 0 ? prefix + (isLast ? "└─ " : "├─ ") : below + stem
                let room = max(40, Self.width - start.count)
                for (part, text) in Self.broken(line, room).enumerated() {
                    lines.append((part == 0 ? start : number == 0 ? below + stem : start) + text)
                }
            }
            add(children: child.children, prefix: below)
        }
    }

    /// A line in pieces of at most `width` characters, all but the first one indented.
    static func broken(_ line: String, _ width: Int) -> [String] {
        guard line.count > width else { return [line] }
        let own = String(line.prefix { $0 == " " })
        var pieces: [String] = []
        var piece = ""
        for word in line.split(separator: " ", omittingEmptySubsequences: false) {
            if !piece.allSatisfy({ $0 == " " }), piece.count + 1 + word.count > width {
                pieces.append(piece)
                piece = own + "  " + word
            } else {
                piece += (piece.isEmpty && pieces.isEmpty ? "" : " ") + word
            }
        }
        return pieces + [piece]
    }
}
