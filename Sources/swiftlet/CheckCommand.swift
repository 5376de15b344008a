import ArgumentParser
import Configuration
import FoundationEssentials
import Glibc
import HostCheck
import RuntimeErrors

/// How a report is printed.
enum CheckFormat: String, ExpressibleByArgument, CaseIterable {
    /// Lines for people.
    case table
    /// One object for programs.
    case json
}

/// `swiftlet check`: what this host can do. Changes nothing; exits with 1 when a container could not run.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Show what this host can do; change nothing.",
        discussion: """
            Starts the configured programs for a moment, boots the guest and ends it again. Exits with 0 when a \
            container could run, with 1 when none could, with 2 when it was called wrongly.
            """)

    @Option(help: "The configuration file; else the usual places are searched.")
    var config: String?

    @Option(help: "table: lines for people; json: one object for programs.")
    var format = CheckFormat.table

    func run() throws {
        let report = HostCheck.report(on: .real(), loaded)
        switch format {
        case .table: print(report.table)
        case .json: print(try json(report))
        }
        throw ExitCode(report.exitStatus)
    }

    /// What the shim would run with.
    private var loaded: Result<RuntimeConfiguration, RuntimeError> {
        Result { () throws(RuntimeError) in
            try ConfigurationLoader().load(path: config, body: nil, environment: configurationEnvironment())
        }
    }
}

/// The part of the environment that the configuration depends on.
func configurationEnvironment() -> [String: String] {
    getenv("SWIFTLET_CONF_FILE").map { ["SWIFTLET_CONF_FILE": String(cString: $0)] } ?? [:]
}

/// A value as JSON for people and programs.
func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}
