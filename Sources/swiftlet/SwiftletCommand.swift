import ArgumentParser

/// `swiftlet`: what an administrator uses beside the shim.
@main
struct SwiftletCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "swiftlet",
        abstract: "Shows and checks what the containerd runtime io.containerd.swiftlet.v2 does.",
        version: "0.1.0",
        subcommands: [PlanCommand.self])
}
