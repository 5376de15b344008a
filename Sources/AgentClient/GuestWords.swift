/// What the guest says for people: whatever it holds, it is one short line that drives no terminal.
struct GuestWords: CustomStringConvertible {
    /// The most characters that are shown.
    private static let longest = 1024

    let description: String

    /// Makes the words fit to be shown: control characters and their like become spaces.
    init(_ text: String) {
        // Characters are of any length; bytes and scalars are not.
        let scalars = text.unicodeScalars.prefix(Self.longest).map { scalar -> Unicode.Scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse:
                " "
            default: scalar
            }
        }
        var line = String(String.UnicodeScalarView(scalars))
        if scalars.count == Self.longest { line += "…" }
        description = line
    }
}
