import Linux
import Configuration
import Sandbox

/// Whether a guest of the configured size fits the host now.
struct MemoryProbe: ConfiguredProbe {
    static let name = "memory"

    /// Memory on huge pages is there at the start or not at all; other memory comes as it is used.
    static func isRequired(_ configuration: RuntimeConfiguration) -> Bool {
        configuration.hypervisor.hugePages
    }

    func row(_ configuration: RuntimeConfiguration, on host: CheckHost, earlier: [CheckRow]) -> CheckRow {
        let wanted = configuration.hypervisor.defaultMemory
        if configuration.hypervisor.hugePages { return hugePages(wanted, configuration, host) }
        guard let available = Self.available(host) else {
            return unknown(configuration, because: "'\(host.roots.proc)/meminfo' cannot be read")
        }
        let found = "\(available) MiB available, a guest has \(wanted) MiB"
        guard available < wanted else { return CheckRow(Self.name, .ok, found) }
        return CheckRow(
            Self.name, .warning, found, advice: "lower default_memory in \(file(configuration))")
    }

    private func hugePages(
        _ wanted: Int, _ configuration: RuntimeConfiguration, _ host: CheckHost
    ) -> CheckRow {
        let file = "\(host.roots.sys)/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"
        let free = host.number(file) ?? 0
        let needed = (wanted + 1) / 2
        let found = "\(free) huge pages of 2 MiB are free, a guest has \(needed)"
        guard free < needed else { return CheckRow(Self.name, .ok, required: true, found) }
        return CheckRow(
            Self.name, .missing, required: true, found,
            advice:
                "raise vm.nr_hugepages by sysctl, or set enable_hugepages = false in \(self.file(configuration))"
        )
    }

    /// In MiB.
    private static func available(_ host: CheckHost) -> Int? {
        let lines = (host.text("\(host.roots.proc)/meminfo") ?? "").split(separator: "\n")
        let line = lines.first { $0.hasPrefix("MemAvailable:") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 / 1024 }
    }
}
