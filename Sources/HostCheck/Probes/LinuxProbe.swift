import Linux
import Sandbox

/// The host kernel's release: the mount calls that the shim makes are complete since 5.12.
struct LinuxProbe: HostProbe {
    private static let oldest = ProgramVersion(5, 12)

    func row(on host: CheckHost) -> CheckRow {
        let name = "linux"
        guard let release = host.text("\(host.roots.proc)/sys/kernel/osrelease") else {
            return CheckRow(
                name, .unknown, "'\(host.roots.proc)/sys/kernel/osrelease' cannot be read",
                advice: "mount /proc")
        }
        guard let version = ProgramVersion(in: release), version >= Self.oldest else {
            return CheckRow(name, .warning, release, advice: "use Linux \(Self.oldest) or newer")
        }
        return CheckRow(name, .ok, release)
    }
}
