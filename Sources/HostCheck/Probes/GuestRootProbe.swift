import Configuration
import Glibc
import Linux

/// The guest's first file system: an initramfs, or a disk image.
struct GuestRootProbe: ConfiguredProbe {
    static let name = "guest-root"

    /// How the forms that a kernel unpacks start (lib/decompress.c).
    private static let archives: [(start: [UInt8], name: String)] = [
        (Array("070701".utf8), "cpio"), (Array("070702".utf8), "cpio"), ([0x1f, 0x8b], "gzip"),
        ([0x28, 0xb5, 0x2f, 0xfd], "zstd"), ([0xfd, 0x37, 0x7a, 0x58, 0x5a], "xz"),
        ([0x02, 0x21, 0x4c, 0x18], "lz4"), ([0x42, 0x5a, 0x68], "bzip2"), ([0x5d, 0, 0], "lzma"),
        ([0x89, 0x4c, 0x5a, 0x4f], "lzo"),
    ]

    func row(_ configuration: RuntimeConfiguration, on host: CheckHost, earlier: [CheckRow]) -> CheckRow {
        let (key, path) =
            switch configuration.hypervisor.root {
            case .initrd(let path): ("initrd", path)
            case .image(let path, _, _): ("image", path)
            }
        let window: FileWindow
        do throws(Errno) {
            if let error = refusal(path, R_OK) { throw error }
            window = FileWindow(try openDescriptor(path, flags: O_RDONLY | O_NONBLOCK | O_NOCTTY).shared())
        } catch {
            return missing(
                "'\(path)': \(error)", "correct key '\(key)' in \(file(configuration)) or install the file")
        }
        return key == "image" ? image(path, window) : initrd(path, window)
    }

    private func initrd(_ path: String, _ window: FileWindow) -> CheckRow {
        let start = window.bytes(at: 0, count: 8)
        guard let archive = Self.archives.first(where: { start.starts(with: $0.start) }) else {
            return missing("'\(path)' is no initramfs", "give a cpio archive, packed or not")
        }
        return CheckRow(Self.name, .ok, required: true, "initramfs (\(archive.name)) at '\(path)'")
    }

    private func image(_ path: String, _ window: FileWindow) -> CheckRow {
        if window.bytes(at: 0, count: 3) == Array("QFI".utf8) {
            return missing("'\(path)' is a qcow2 image", "convert it: qemu-img convert -O raw")
        }
        guard window.bytes(at: 510, count: 2) == [0x55, 0xaa] else {
            return missing(
                "'\(path)' has no partition table", "give a raw disk whose first partition is the root")
        }
        return CheckRow(Self.name, .ok, required: true, "raw disk image at '\(path)'")
    }

    private func missing(_ found: String, _ advice: String) -> CheckRow {
        CheckRow(Self.name, .missing, required: true, found, advice: advice)
    }
}
