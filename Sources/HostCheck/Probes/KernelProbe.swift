import Configuration
import Glibc
import Linux

/// The guest's kernel: a file that the monitor can start.
struct KernelProbe: ConfiguredProbe {
    static let name = "kernel"

    func row(_ configuration: RuntimeConfiguration, on host: CheckHost, earlier: [CheckRow]) -> CheckRow {
        let path = configuration.hypervisor.kernel
        let image: KernelImage
        do throws(Errno) {
            if let error = refusal(path, R_OK) { throw error }
            image = try KernelImage(reading: path)
        } catch {
            return missing(
                "'\(path)': \(error)", "correct key 'kernel' in \(file(configuration)) or install the file")
        }
        let release = image.release.map { "Linux \($0), " } ?? ""
        switch image.form {
        case .enterableELF:
            return CheckRow(Self.name, .ok, required: true, "\(release)ELF with a PVH entry at '\(path)'")
        case .bzImage: return CheckRow(Self.name, .ok, required: true, "\(release)bzImage at '\(path)'")
        case .plainELF:
            return missing(
                "\(release)ELF without a PVH entry at '\(path)'", "build the kernel with CONFIG_PVH=y")
        case .other:
            return missing("'\(path)' is no kernel", "give a vmlinux with a PVH entry or a bzImage")
        }
    }

    private func missing(_ found: String, _ advice: String) -> CheckRow {
        CheckRow(Self.name, .missing, required: true, found, advice: advice)
    }
}
