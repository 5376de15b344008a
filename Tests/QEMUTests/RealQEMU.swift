import Foundation
import Testing

/// The QEMU that the tests start: `SWIFTLET_TEST_QEMU`, else the laboratory's, else the system's.
enum RealQEMU {
    static let missing: Comment = "no QEMU: set SWIFTLET_TEST_QEMU or run `make setup`"

    private static let repository = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    static let executable: String? = {
        let candidates =
            [ProcessInfo.processInfo.environment["SWIFTLET_TEST_QEMU"]].compactMap { $0 } + [
                "\(repository)/.build-lab/bin/qemu-system-x86_64", "/usr/bin/qemu-system-x86_64",
            ]
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    /// qboot beside that QEMU.
    static let firmware: String? = [
        "\(repository)/.build-lab/share/qemu/qboot.rom", "/usr/share/qemu/qboot.rom",
    ].first { FileManager.default.fileExists(atPath: $0) }

    /// Where the golden files are.
    static let goldenFolder = "\(repository)/Tests/HypervisorTests/Golden"
}
