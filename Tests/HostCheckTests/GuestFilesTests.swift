import Configuration
import Foundation
import Linux
import Testing

@testable import HostCheck

/// The guest's kernel and root, by files that are made up byte by byte.
@Suite struct GuestFilesTests {
    private let fake: FakeHost

    init() throws {
        fake = try FakeHost()
    }

    /// A 64-bit ELF file with one segment of notes and text behind it.
    private func elf(noteKind: UInt32?, name: String = "Xen", _ rest: [UInt8] = []) -> [UInt8] {
        func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
            withUnsafeBytes(of: value.littleEndian, Array.init)
        }
        var notes: [UInt8] =
            little(UInt32(4)) + little(UInt32(3)) + little(UInt32(1)) + Array("GNU\0".utf8) + [1, 2, 3, 0]
        if let noteKind {
            notes +=
                little(UInt32(4)) + little(UInt32(4)) + little(noteKind) + Array("\(name)\0".utf8) + [
                    0, 0, 16, 0,
                ]
        }
        var header = [UInt8](repeating: 0, count: 64)
        header.replaceSubrange(0..<6, with: [0x7f, 0x45, 0x4c, 0x46, 2, 1])
        header.replaceSubrange(0x20..<0x28, with: little(UInt64(64)))
        header.replaceSubrange(0x36..<0x38, with: little(UInt16(56)))
        header.replaceSubrange(0x38..<0x3a, with: little(UInt16(1)))
        var segment = [UInt8](repeating: 0, count: 56)
        segment.replaceSubrange(0..<4, with: little(UInt32(4)))
        segment.replaceSubrange(8..<16, with: little(UInt64(120)))
        segment.replaceSubrange(32..<40, with: little(UInt64(notes.count)))
        return header + segment + notes + rest
    }

    private func row(_ probe: any ConfiguredProbe, _ keys: String = "") throws -> CheckRow {
        probe.row(try fake.configuration(keys), on: fake.host, earlier: [])
    }

    private func gzip(_ text: String) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/gzip")
        process.arguments = ["-c", "-n"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        try input.fileHandleForWriting.close()
        return Array(output.fileHandleForReading.readDataToEndOfFile())
    }

    @Test func kernelThatAMachineCanEnter() throws {
        let banner = Array("\0Linux version 6.12.95-cloud (gcc) #1\0".utf8)
        try fake.write("guest/vmlinux", bytes: elf(noteKind: 18, banner))
        let row = try row(KernelProbe())
        #expect(row.state == .ok)
        #expect(row.found.hasPrefix("Linux 6.12.95-cloud, ELF with a PVH entry"))
    }

    /// Around the end of the first megabyte, and around the end of what is read with it.
    @Test(arguments: [-170, 90])
    func bannerThatLiesAcrossTwoPieces(_ offset: Int) throws {
        let padding = [UInt8](repeating: UInt8(ascii: "L"), count: (1 << 20) + offset)
        let banner = Array("Linux version 6.1.2 (x)".utf8)
        for shift in 0..<40 {
            let bytes = elf(noteKind: 18, padding.dropLast(shift) + banner)
            try fake.write("guest/vmlinux", bytes: bytes)
            #expect(try KernelImage(reading: fake.path("guest/vmlinux")).release == "6.1.2")
        }
    }

    @Test(arguments: [nil, 6] as [UInt32?])
    func elfWithoutEntry(_ kind: UInt32?) throws {
        try fake.write("guest/vmlinux", bytes: elf(noteKind: kind))
        #expect(try row(KernelProbe()).state == .missing)
        #expect(try row(KernelProbe()).advice == "build the kernel with CONFIG_PVH=y")
    }

    @Test func entryNoteOfAnotherName() throws {
        try fake.write("guest/vmlinux", bytes: elf(noteKind: 18, name: "Xyz"))
        #expect(try row(KernelProbe()).state == .missing)
    }

    @Test func bzImage() throws {
        var bytes = [UInt8](repeating: 0, count: 2048)
        bytes.replaceSubrange(0x202..<0x206, with: Array("HdrS".utf8))
        bytes.replaceSubrange(0x20e..<0x210, with: [0x10, 0x02])
        bytes.replaceSubrange(0x410..<0x41b, with: Array("6.1.0-9 (x)".utf8))
        try fake.write("guest/vmlinux", bytes: bytes)
        let row = try row(KernelProbe())
        #expect(row.state == .ok)
        #expect(row.found.hasPrefix("Linux 6.1.0-9, bzImage"))
    }

    @Test func kernelThatIsNone() throws {
        #expect(try row(KernelProbe()).found.contains("no such file"))
        try fake.write("guest/vmlinux", "#!/bin/sh\n")
        #expect(try row(KernelProbe()).found.contains("is no kernel"))
        try fake.write("guest/vmlinux", "")
        #expect(try row(KernelProbe()).state == .missing)
    }

    /// Every cut of a good file is read without harm.
    @Test func damagedKernels() throws {
        let whole = elf(noteKind: 18)
        for length in 0..<whole.count {
            try fake.write("guest/vmlinux", bytes: Array(whole.prefix(length)))
            #expect(
                try KernelImage(reading: fake.path("guest/vmlinux")).form != .enterableELF || length > 150)
        }
        for place in 0..<120 {
            var bytes = whole
            bytes[place] = 0xff
            try fake.write("guest/vmlinux", bytes: bytes)
            _ = try KernelImage(reading: fake.path("guest/vmlinux"))
        }
    }

    private func options(without option: String? = nil) -> String {
        let names = GuestNeeds.builtIn(.initrd) + GuestNeeds.either(.initrd)
        return names.filter { $0 != option }.map { "CONFIG_\($0)=y\n" }.joined() + "# CONFIG_X is not set\n"
    }

    @Test func optionsInTheKernel() throws {
        let packed = try gzip(options())
        try fake.write(
            "guest/vmlinux",
            bytes: elf(noteKind: 18, Array("IKCFG_ST".utf8) + packed + Array("IKCFG_ED".utf8)))
        let row = try row(KernelOptionsProbe())
        #expect(row.state == .ok, "\(row)")
        #expect(row.found.hasSuffix("says the kernel itself"))
    }

    @Test func optionThatIsMissing() throws {
        let packed = try gzip(options(without: "VIRTIO_FS"))
        try fake.write("guest/vmlinux", bytes: elf(noteKind: 18, Array("IKCFG_ST".utf8) + packed))
        let row = try row(KernelOptionsProbe())
        #expect(row.state == .missing && row.isFatal)
        #expect(row.found.contains("lacks CONFIG_VIRTIO_FS, says"))
    }

    @Test func optionsBesideTheKernel() throws {
        try fake.write("guest/vmlinux", bytes: elf(noteKind: 18))
        let unknown = try row(KernelOptionsProbe())
        #expect(unknown.state == .warning && !unknown.isFatal)
        try fake.write("guest/config", options())
        #expect(try row(KernelOptionsProbe()).state == .ok)
        try fake.write("guest/config", options().replacingOccurrences(of: "VSOCKETS=y", with: "VSOCKETS=m"))
        #expect(try row(KernelOptionsProbe()).state == .ok, "a module of the initramfs will do")
        try fake.write("guest/config", options().replacingOccurrences(of: "TMPFS=y", with: "TMPFS=m"))
        #expect(try row(KernelOptionsProbe()).state == .missing)
    }

    @Test func imageNeedsItsFileSystemBuiltIn() {
        let options = KernelOptions(options() + "CONFIG_VIRTIO_BLK=m\nCONFIG_EXT4_FS=y\n")
        #expect(options.lacking(.initrd).isEmpty)
        #expect(options.lacking(.image(fileSystem: "ext4")) == ["VIRTIO_BLK"])
        #expect(options.lacking(.image(fileSystem: "erofs")) == ["EROFS_FS", "VIRTIO_BLK"])
    }

    @Test func damagedOptionsAreNotKnown() throws {
        let packed = try gzip(options())
        for bytes in [Array(packed.prefix(60)), [0x1f, 0x8b] + [UInt8](repeating: 7, count: 90)] {
            try fake.write("guest/vmlinux", bytes: elf(noteKind: 18, Array("IKCFG_ST".utf8) + bytes))
            #expect(try row(KernelOptionsProbe()).state == .warning)
        }
        #expect(gunzip(packed, limit: 20) == nil, "more than the limit is not taken")
    }

    @Test func listOfOptionsIsNamedLikeTheKernel() {
        #expect(KernelOptionsProbe.listName("/absent/vmlinuz-6.1") == "/absent/config-6.1")
        #expect(KernelOptionsProbe.listName("/absent/vmlinux") == "/absent/config")
        #expect(KernelOptionsProbe.listName("/absent/kernel") == "/absent/config-kernel")
    }

    @Test(arguments: [("070701", "cpio"), ("\u{1f}\u{8b}", "gzip")])
    func initramfs(_ start: String, _ name: String) throws {
        try fake.write("guest/initrd", bytes: start.unicodeScalars.map { UInt8($0.value) } + [0, 0, 0])
        #expect(try row(GuestRootProbe()).found.hasPrefix("initramfs (\(name))"))
    }

    @Test func rootThatIsNone() throws {
        #expect(try row(GuestRootProbe()).found.contains("no such file"))
        try fake.write("guest/initrd", "text")
        #expect(try row(GuestRootProbe()).found.contains("no initramfs"))
    }

    @Test func diskImage() throws {
        let keys = "image = \"\(fake.path("guest/image"))\""
        #expect(try row(GuestRootProbe(), keys).advice?.contains("'image'") == true)
        var disk = [UInt8](repeating: 0, count: 1024)
        try fake.write("guest/image", bytes: disk)
        #expect(try row(GuestRootProbe(), keys).found.contains("no partition table"))
        disk.replaceSubrange(510..<512, with: [0x55, 0xaa])
        try fake.write("guest/image", bytes: disk)
        #expect(try row(GuestRootProbe(), keys).state == .ok)
        try fake.write("guest/image", bytes: Array("QFI\u{7b}".utf8) + disk)
        #expect(try row(GuestRootProbe(), keys).advice == "convert it: qemu-img convert -O raw")
    }
}
