import Configuration
import Glibc
import Linux

/// The options of the guest's kernel, as far as they can be known: from the kernel itself (IKCONFIG), or from the
/// file `config-<release>` beside `vmlinux-<release>`.
struct KernelOptionsProbe: ConfiguredProbe {
    static let name = "kernel-options"

    private static let largest = 4 << 20

    func row(_ configuration: RuntimeConfiguration, on host: CheckHost, earlier: [CheckRow]) -> CheckRow {
        if let reason = earlier.obstacle(KernelProbe.name) { return unknown(configuration, because: reason) }
        let path = configuration.hypervisor.kernel
        let root: GuestNeeds.Root =
            switch configuration.hypervisor.root {
            case .initrd: .initrd
            // A first stage loads the drivers of the disk.
            case .image(_, let fileSystem, nil): .image(fileSystem: fileSystem)
            case .image: .initrd
            }
        guard let (options, source) = Self.embedded(path) ?? Self.beside(path, host) else {
            return CheckRow(
                Self.name, .warning, required: true, "not known: the kernel holds no list of them",
                advice:
                    "build it with CONFIG_IKCONFIG=y, or put its list beside it as '\(Self.listName(path))'")
        }
        let lacking = options.lacking(root)
        guard lacking.isEmpty else {
            return CheckRow(
                Self.name, .missing, required: true,
                "the kernel lacks \(lacking.map { "CONFIG_\($0)" }.joined(separator: ", ")), says \(source)",
                advice: "build the guest's kernel with them")
        }
        return CheckRow(Self.name, .ok, required: true, "all that is needed, says \(source)")
    }

    private static func embedded(_ path: String) -> (KernelOptions, String)? {
        guard let image = try? KernelImage(reading: path), let packed = image.configuration,
            let bytes = gunzip(packed, limit: largest)
        else { return nil }
        let options = KernelOptions(String(decoding: bytes, as: UTF8.self))
        return options.isEmpty ? nil : (options, "the kernel itself")
    }

    private static func beside(_ path: String, _ host: CheckHost) -> (KernelOptions, String)? {
        let list = listName(path)
        guard let text = host.text(list) else { return nil }
        let options = KernelOptions(text)
        return options.isEmpty ? nil : (options, "'\(list)'")
    }

    /// Where a kernel's list of options is put beside it: links are followed, and `vmlinux` or `vmlinuz` is replaced.
    static func listName(_ path: String) -> String {
        var real = path
        if let resolved = realpath(path, nil) {
            real = String(cString: resolved)
            free(resolved)
        }
        var parts = real.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let name = parts.removeLast()
        let isKernel = name.hasPrefix("vmlinux") || name.hasPrefix("vmlinuz")
        return (parts + ["config" + (isKernel ? String(name.dropFirst(7)) : "-\(name)")]).joined(
            separator: "/")
    }
}
