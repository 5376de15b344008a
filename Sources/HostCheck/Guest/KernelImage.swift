import Glibc
import Linux

/// What is known of a guest kernel's file.
struct KernelImage: Equatable {
    /// How it is started.
    enum Form: Equatable {
        /// An ELF file with the note that tells where a machine enters it (PVH).
        case enterableELF
        /// An ELF file without that note, which no monitor here starts.
        case plainELF
        /// The compressed form with a boot header.
        case bzImage
        case other
    }

    var form: Form
    /// Such as 6.12.95; nil when the file does not tell.
    var release: String?
    /// The kernel's configuration as it is kept in the file, compressed by gzip.
    var configuration: [UInt8]?

    /// Reads a file.
    ///
    /// - Throws: `Errno`.
    init(reading path: String) throws(Errno) {
        let file = try openDescriptor(path, flags: O_RDONLY | O_NONBLOCK | O_NOCTTY).shared()
        let window = FileWindow(file)
        if ELFNotes.isELF(window) {
            form = ELFNotes.hasEntryNote(window) ? .enterableELF : .plainELF
            var scan = KernelScan()
            scan.run(window)
            (release, configuration) = (scan.release, scan.configuration)
        } else if window.bytes(at: 0x202, count: 4) == Array("HdrS".utf8) {
            form = .bzImage
            // The header's field counts from the end of the first sector.
            let offset = window.number(at: 0x20e, bytes: 2).map { Int($0) + 0x200 }
            release = offset.flatMap { Self.word(window.bytes(at: $0, count: 128)) }
        } else {
            form = .other
        }
    }

    /// The first word of bytes that hold text, if it looks like a release.
    static func word(_ bytes: [UInt8]) -> String? {
        let word = bytes.prefix { $0 > 0x20 && $0 < 0x7f }
        guard let first = word.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return nil
        }
        return String(decoding: word, as: UTF8.self)
    }
}
