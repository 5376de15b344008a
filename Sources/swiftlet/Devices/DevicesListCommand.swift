import ArgumentParser
import HostDevices

/// How a list is printed.
enum DevicesFormat: String, ExpressibleByArgument, CaseIterable {
    /// For people.
    case tree
    /// One object for programs.
    case json
}

/// `swiftlet devices list`: every device with its driver, who uses it, and whether a pod can have it.
struct DevicesListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Show the host's devices, and which of them a pod can have; change nothing.")

    @OptionGroup var options: DevicesOptions

    @Option(help: "tree: for people; json: one object for programs.")
    var format = DevicesFormat.tree

    func run() throws {
        let report = DeviceReport(options.roots)
        switch format {
        case .tree: print(report.tree)
        case .json: print(try json(report))
        }
    }
}
