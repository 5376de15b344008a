import Glibc
import Linux

/// Bounded reads at places of a file that may be anything.
struct FileWindow {
    private let file: SharedDescriptor

    init(_ file: SharedDescriptor) {
        self.file = file
    }

    /// At most `count` bytes from `offset`; fewer at the end, none outside of the file.
    func bytes(at offset: Int, count: Int) -> [UInt8] {
        guard offset >= 0, (1...(16 << 20)).contains(count) else { return [] }
        var bytes = [UInt8](repeating: 0, count: count)
        let got = pread(file.raw, &bytes, count, off_t(offset))
        return Array(bytes.prefix(max(0, got)))
    }

    /// A little-endian number of up to eight bytes; nil outside of the file.
    func number(at offset: Int, bytes count: Int) -> UInt64? {
        let bytes = bytes(at: offset, count: count)
        guard bytes.count == count else { return nil }
        return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
