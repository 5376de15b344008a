/// The notes of a 64-bit ELF file, as far as they tell whether a machine can enter it (elf(5); PVH of Xen).
enum ELFNotes {
    private static let note: UInt64 = 4
    /// XEN_ELFNOTE_PHYS32_ENTRY.
    private static let entryNote: UInt64 = 18

    static func isELF(_ file: FileWindow) -> Bool {
        file.bytes(at: 0, count: 6) == [0x7f] + Array("ELF".utf8) + [2, 1]
    }

    /// Whether one of its notes names the entry for a machine in 32-bit mode.
    static func hasEntryNote(_ file: FileWindow) -> Bool {
        guard let table = file.number(at: 0x20, bytes: 8), let size = file.number(at: 0x36, bytes: 2),
            let count = file.number(at: 0x38, bytes: 2), size >= 56, count <= 256
        else { return false }
        for index in 0..<count {
            let header = table.addingReportingOverflow(index * size)
            guard !header.overflow, let start = Int(exactly: header.partialValue), start < Int.max - 64,
                file.number(at: start, bytes: 4) == note,
                let offset = file.number(at: start + 8, bytes: 8).flatMap(Int.init(exactly:)),
                let length = file.number(at: start + 32, bytes: 8)
            else { continue }
            if holdsEntry(file.bytes(at: offset, count: Int(min(length, 1 << 16)))) { return true }
        }
        return false
    }

    /// Walks the notes: sizes of name and content, kind, then both, each filled up to four bytes.
    private static func holdsEntry(_ notes: [UInt8]) -> Bool {
        var rest = notes[...]
        while rest.count >= 12 {
            let header = Array(rest.prefix(12))
            func number(_ index: Int) -> UInt64 {
                header[(index * 4)..<(index * 4 + 4)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
            }
            let name = Int(number(0)), content = Int(number(1))
            rest = rest.dropFirst(12)
            if number(2) == entryNote, rest.prefix(name).elementsEqual("Xen\0".utf8) { return true }
            rest = rest.dropFirst((name + 3) & ~3).dropFirst((content + 3) & ~3)
        }
        return false
    }
}
