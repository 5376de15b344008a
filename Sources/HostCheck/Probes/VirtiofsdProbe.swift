import Configuration
import Glibc
import Linux
import RuntimeErrors
import SharedFilesystem

/// The virtio-fs daemon's program, its version, and whether it knows the options that it is given.
struct VirtiofsdProbe: ConfiguredProbe {
    static let name = "virtiofsd"

    /// The oldest that the tests run.
    private static let oldest = ProgramVersion(1, 13)

    func row(_ configuration: RuntimeConfiguration, on host: CheckHost, earlier: [CheckRow]) -> CheckRow {
        let virtiofsd = configuration.hypervisor.virtiofsd
        if let error = refusal(virtiofsd.path, X_OK) {
            return missing(
                "'\(virtiofsd.path)': \(error)",
                "correct key 'virtio_fs_daemon' in \(file(configuration)) or install the program")
        }
        let outcome = host.programs.output(virtiofsd.path, "--version")
        guard outcome.isSuccess, outcome.firstLine.hasPrefix("virtiofsd "),
            let version = ProgramVersion(in: outcome.firstLine)
        else {
            return missing(
                "'\(virtiofsd.path)' is no virtiofsd that runs: \(outcome.failure)",
                "install virtiofsd \(Self.oldest) or newer")
        }
        let lacking: [String]
        do {
            lacking = try unknownOptions(virtiofsd, host)
        } catch {
            return missing(
                "virtiofsd \(version): \(error)", "correct 'virtio_fs_extra_args' in \(file(configuration))")
        }
        let found = "virtiofsd \(version) at '\(virtiofsd.path)'"
        guard lacking.isEmpty else {
            return missing(
                "\(found) does not know \(lacking.joined(separator: ", "))",
                "install virtiofsd \(Self.oldest) or newer")
        }
        guard version >= Self.oldest else {
            return CheckRow(
                Self.name, .warning, required: true, found,
                advice: "virtiofsd \(Self.oldest) is the oldest that is tested; install a newer one")
        }
        return CheckRow(Self.name, .ok, required: true, "\(found), with all options that it is given")
    }

    /// The options of a sandbox's daemon that its help does not list.
    private func unknownOptions(
        _ virtiofsd: VirtiofsdConfiguration, _ host: CheckHost
    ) throws(RuntimeError) -> [String] {
        let options = try FileServerTrial.options(virtiofsd).arguments.dropFirst()
        let known = Self.options(host.programs.output(virtiofsd.path, "--help").output)
        return options.map { String($0.prefix { $0 != "=" }) }.filter { !known.contains($0) }
    }

    /// The options that a help text names.
    static func options(_ help: String) -> Set<String> {
        let words = help.split { " \n\t,=[]<>'\"`()".contains($0) }
        return Set(words.filter { $0.hasPrefix("--") }.map(String.init))
    }

    private func missing(_ found: String, _ advice: String) -> CheckRow {
        CheckRow(Self.name, .missing, required: true, found, advice: advice)
    }
}
