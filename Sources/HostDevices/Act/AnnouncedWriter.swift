import Linux
import VFIO

/// Says each write before it is done.
struct AnnouncedWriter: AttributeWriter {
    let writer: any AttributeWriter
    let say: @Sendable (String) -> Void

    func write(_ text: String, to path: String) throws(Errno) {
        say(PlannedWrite(path: path, text: text).shellLine)
        try writer.write(text, to: path)
    }
}

extension PlannedWrite {
    /// The write as a shell does it.
    var shellLine: String {
        let text = text == "\n" ? "" : " \(Self.quoted(text))"
        return "echo\(text) > \(Self.quoted(path))"
    }

    /// A word for a shell, in quotes where it has anything but the usual characters.
    private static func quoted(_ word: String) -> String {
        let isUsual = word.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."),
                UInt8(ascii: ":"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        if isUsual, !word.isEmpty { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
            + "'"
    }
}
