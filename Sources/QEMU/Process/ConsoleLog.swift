import Glibc
import Linux
import RuntimeErrors

/// A file of bounded size with the first and the last part of what a guest's console says.
///
/// The first half of the file is written once; the second half is a ring, put in order when the machine ends.
/// Nothing is held in memory, and what is on disk is all there is if the shim is killed.
final class ConsoleLog {
    private let file: OwnedDescriptor
    private let headLimit: Int
    private let ringSize: Int
    /// Bytes received, in all.
    private var total = 0
    /// Where the ring's bytes begin once they are in order; nil while the log is written.
    private var orderedRing: Int?

    /// Makes the file, or empties it; readable by its owner only.
    init(path: String, maximumBytes: Int) throws {
        do throws(Errno) {
            file = try openDescriptor(path, flags: O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
        } catch {
            throw RuntimeError(error, "can't open the console log '\(path)'")
        }
        headLimit = maximumBytes / 2
        ringSize = maximumBytes - headLimit - Self.gapLimit
    }

    /// The note between the two parts has room for this many bytes.
    private static let gapLimit = 64

    /// Writes the next bytes. What the disk refuses is lost: a console must not end a machine.
    func append(_ bytes: UnsafeRawBufferPointer) {
        guard orderedRing == nil else { return }
        var rest = bytes[...]
        while !rest.isEmpty {
            let (offset, room) = place(total)
            let piece = rest.prefix(room)
            write(UnsafeRawBufferPointer(rebasing: piece), at: offset)
            total += piece.count
            rest = rest.dropFirst(piece.count)
        }
    }

    /// The last bytes, at most `limit`, in order.
    func tail(_ limit: Int) -> [UInt8] {
        if let orderedRing {
            let count = min(max(0, limit), ringSize)
            return read(count, at: orderedRing + ringSize - count)
        }
        // Once the ring has wrapped, what comes before its oldest byte is not what was written before it.
        let oldest = hasWrapped ? total - ringSize : 0
        var position = max(oldest, total - min(max(0, limit), total))
        var bytes: [UInt8] = []
        while position < total {
            let (offset, room) = place(position)
            let piece = read(min(room, total - position), at: offset)
            guard !piece.isEmpty else { break }
            bytes += piece
            position += piece.count
        }
        return bytes
    }

    /// Puts the ring in order, with a note about what lies between the two parts. Nothing may follow.
    func finish() {
        guard hasWrapped, orderedRing == nil else { return }
        let last = tail(ringSize)
        let gap = Array("\n… \(total - headLimit - ringSize) bytes left out …\n".utf8)
        (gap + last).withUnsafeBytes { write($0, at: headLimit) }
        orderedRing = headLimit + gap.count
    }

    private var hasWrapped: Bool { total - headLimit > ringSize }

    /// Where the byte with this number goes, and how many fit from there on.
    private func place(_ position: Int) -> (offset: Int, room: Int) {
        guard position >= headLimit else { return (position, headLimit - position) }
        let inRing = (position - headLimit) % ringSize
        return (headLimit + inRing, ringSize - inRing)
    }

    private func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = pwrite(file.raw, rest.baseAddress, rest.count, off_t(offset + done))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            done += count
        }
    }

    private func read(_ count: Int, at offset: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = max(0, pread(file.raw, buffer.baseAddress, count, off_t(offset)))
        }
    }
}
