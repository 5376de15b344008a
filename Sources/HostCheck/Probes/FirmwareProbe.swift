import Configuration
import Glibc
import Linux

/// The files that the monitor itself reads: firmware and source of random numbers.
struct FirmwareProbe: ConfiguredProbe {
    static let name = "firmware"

    func row(_ configuration: RuntimeConfiguration, on host: CheckHost, earlier: [CheckRow]) -> CheckRow {
        var files = [("entropy_source", configuration.hypervisor.entropySource)]
        var found = "the monitor's own choice"
        if case .qemu(let qemu) = configuration.hypervisor.monitor, let firmware = qemu.firmware {
            files.append(("firmware", firmware))
            found = "'\(firmware)'"
        }
        for (key, path) in files {
            guard let error = refusal(path, R_OK) else { continue }
            return CheckRow(
                Self.name, .missing, required: true, "'\(path)': \(error)",
                advice: "correct key '\(key)' in \(file(configuration)) or install the file")
        }
        return CheckRow(Self.name, .ok, required: true, found)
    }
}
