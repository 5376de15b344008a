/// A line of the guest's console. The guest decides what it holds.
package struct ConsoleLine: Sendable, Equatable {
    /// The line without its end, at most `longest` bytes of it; bytes that are no UTF-8 are replaced. Control
    /// characters are as the guest wrote them.
    package var text: String
    /// How many bytes the line had beyond those.
    package var bytesLeftOut: Int

    /// The most bytes of a line that are kept.
    package static let longest = 512

    /// Makes a line.
    package init(text: String, bytesLeftOut: Int = 0) {
        self.text = text
        self.bytesLeftOut = bytesLeftOut
    }
}
