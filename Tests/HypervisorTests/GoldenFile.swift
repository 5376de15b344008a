import Foundation
import RuntimeErrors
import Testing

/// Golden files: one argument per line, compared as a whole.
///
/// They change only where `UPDATE_GOLDEN=1` is set, and the change then shows in the diff.
enum GoldenFile {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Golden")

    static func expect(_ lines: [String], _ name: String, sourceLocation: SourceLocation = #_sourceLocation)
        throws
    {
        let file = folder.appendingPathComponent(name)
        let text = lines.joined(separator: "\n") + "\n"
        #expect(
            !lines.contains { $0.contains("\n") }, "an argument of two lines", sourceLocation: sourceLocation)
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        let golden = try String(contentsOf: file, encoding: .utf8)
        #expect(text == golden, "differs from \(name)", sourceLocation: sourceLocation)
    }

    /// The arguments, or the one line that says why there are none.
    static func lines(_ render: () throws(RuntimeError) -> [String]) -> [String] {
        do {
            return try render()
        } catch {
            return ["error: \(error)"]
        }
    }
}
