import Configuration
import Glibc
import Hypervisor
import QEMU

/// Whether QEMU has what a sandbox's command line names: machine, accelerator, devices, objects.
struct MonitorDevicesProbe: ConfiguredProbe {
    static let name = "monitor-devices"

    private static let switches = ["-machine", "-accel", "-device", "-object"]

    func row(_ configuration: RuntimeConfiguration, on host: CheckHost, earlier: [CheckRow]) -> CheckRow {
        if let reason = earlier.obstacle(MonitorProbe.name) { return unknown(configuration, because: reason) }
        let arguments: [String]
        do {
            arguments = try QEMUCommandLine(TrialMachine.fullPlan(configuration, host)).command.arguments
        } catch {
            return CheckRow(
                Self.name, .missing, required: true, "\(error)", advice: "correct \(file(configuration))")
        }
        var lacking: [String] = []
        var count = 0
        for name in Self.switches {
            let used = Self.names(after: name, in: arguments)
            let outcome = host.programs.output(configuration.hypervisor.path, name, "help")
            guard outcome.isSuccess else {
                return CheckRow(
                    Self.name, .missing, required: true, "'\(name) help' does not work: \(outcome.failure)",
                    advice: "reinstall QEMU")
            }
            let known = Self.known(outcome.output)
            lacking += used.filter { !known.contains($0) }.map { "\(name) \($0)" }
            count += used.count
        }
        guard lacking.isEmpty else {
            return CheckRow(
                Self.name, .missing, required: true, "QEMU lacks \(lacking.joined(separator: ", "))",
                advice: "install a QEMU that was built with these")
        }
        return CheckRow(Self.name, .ok, required: true, "all \(count) that a sandbox uses")
    }

    /// The names that follow a switch on a command line, each once.
    static func names(after name: String, in arguments: [String]) -> [String] {
        let values = zip(arguments, arguments.dropFirst()).filter { $0.0 == name }.map(\.1)
        let names = values.compactMap { $0.split(separator: ",").first.map(String.init) }
        return Set(names).sorted()
    }

    /// The names that QEMU lists: `name "x", …` for devices, else the first word of a line.
    static func known(_ output: String) -> Set<String> {
        var names: Set<String> = []
        for line in output.split(separator: "\n") {
            if line.hasPrefix("name \"") {
                for part in line.split(separator: ",") where part.holds("name \"") || part.holds("alias \"") {
                    let words = part.split(separator: "\"")
                    if words.count >= 2 { names.insert(String(words[1])) }
                }
            } else if let word = line.split(separator: " ").first {
                names.insert(String(word))
            }
        }
        return names
    }
}
