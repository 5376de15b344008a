import Foundation

/// Kernels of a few instructions, as ELF files with a PVH note: enough of a guest to see a machine through
/// its ends without an operating system.
enum TinyKernel {
    /// Does nothing, for ever.
    static let idle: [UInt8] = [0xfa, 0xf4, 0xeb, 0xfc]  // cli; hlt; jmp back to cli

    /// Waits for the power button: switches its event on at port 0x602, then reads port 0x600 until bit 8 is set.
    private static let awaitPowerButton: [UInt8] = [
        0x66, 0xba, 0x02, 0x06, 0x66, 0xb8, 0x00, 0x01, 0x66, 0xef,
        0x66, 0xba, 0x00, 0x06, 0x66, 0xed, 0xf6, 0xc4, 0x01, 0x74, 0xf9,
    ]

    /// When the power button is pressed, writes 0x2000 to port 0x604, which switches a q35 with qboot off.
    static let powerOff: [UInt8] =
        awaitPowerButton + [0x66, 0xba, 0x04, 0x06, 0x66, 0xb8, 0x00, 0x20, 0x66, 0xef] + idle

    /// When the power button is pressed, faults three times over (an empty interrupt table, then
    /// int3), which resets the machine.
    static let reset: [UInt8] =
        awaitPowerButton + [0x0f, 0x01, 0x1d, 0x00, 0x02, 0x10, 0x00, 0xcc] + idle

    /// Writes a text to the first serial port, byte by byte.
    static func say(_ text: String) -> [UInt8] {
        [0x66, 0xba, 0xf8, 0x03] + text.utf8.flatMap { [0xb0, $0, 0xee] } + idle
    }

    /// The ELF file: one segment with `code` at 1 MiB, where it is entered, and the note that says so.
    static func elf(_ code: [UInt8]) -> Data {
        func bytes(_ value: UInt64, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
        }
        let entry: UInt64 = 0x10_0000
        let codeOffset: UInt64 = 0x1000
        let noteOffset: UInt64 = 0x200
        let note = bytes(4, 4) + bytes(4, 4) + bytes(18, 4) + Array("Xen\0".utf8) + bytes(entry, 4)
        func header(_ type: UInt64, _ offset: UInt64, _ address: UInt64, _ size: UInt64) -> [UInt8] {
            bytes(type, 4) + bytes(7, 4) + bytes(offset, 8) + bytes(address, 8) + bytes(address, 8)
                + bytes(size, 8) + bytes(size, 8) + bytes(4, 8)
        }
        var file: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + Array(repeating: 0, count: 9)
        file += bytes(2, 2) + bytes(62, 2) + bytes(1, 4) + bytes(entry, 8) + bytes(64, 8) + bytes(0, 8)
        file +=
            bytes(0, 4) + bytes(64, 2) + bytes(56, 2) + bytes(2, 2) + bytes(64, 2) + bytes(0, 2) + bytes(0, 2)
        let padded = code + Array(repeating: 0, count: max(0, 0x400 - code.count))
        file += header(1, codeOffset, entry, UInt64(padded.count))
        file += header(4, noteOffset, 0, UInt64(note.count))
        file += Array(repeating: 0, count: Int(noteOffset) - file.count) + note
        file += Array(repeating: 0, count: Int(codeOffset) - file.count) + padded
        return Data(file)
    }
}
