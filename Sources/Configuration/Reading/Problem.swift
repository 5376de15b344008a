import RuntimeErrors

/// One thing that is wrong with a configuration.
package struct Problem: Sendable, Equatable {
    /// The file, and the line if it is known.
    package var place: Place
    /// What is wrong and what to do, as the rest of a sentence.
    package var text: String

    /// Where in which file.
    package struct Place: Sendable, Equatable, CustomStringConvertible {
        package var file: String
        package var line: Int?

        package var description: String {
            line.map { "\(file):\($0)" } ?? file
        }
    }
}

extension RuntimeError {
    /// All problems of a configuration in one error; at most ten are spelled out.
    init(_ problems: [Problem]) {
        var parts = problems.prefix(10).map { "'\($0.place)': \($0.text)" }
        if problems.count > parts.count {
            parts.append("\(problems.count - parts.count) more problems")
        }
        self.init(.invalidArgument, "can't use the configuration: " + parts.joined(separator: "; and "))
    }
}
