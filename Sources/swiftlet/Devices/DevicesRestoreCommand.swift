import ArgumentParser
import HostDevices
import Hypervisor

/// `swiftlet devices restore`: devices that nobody gives back any more.
struct DevicesRestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Give devices back to the host that nobody gives back any more.",
        discussion: """
            Without addresses: replays the journals of sandboxes that ended without giving their devices back, tries \
            functions again that were set aside, and names orphans: functions on a VFIO driver by an override that \
            nobody owns. What a running sandbox has is left alone. Exits with 0 when nothing is left, with 1 when \
            something is, with 2 when it was called wrongly.
            """)

    @OptionGroup var options: DevicesOptions

    @Argument(help: "PCI addresses, such as 0000:65:00.0: only these, orphans and what 'bind' has bound too.")
    var addresses: [HostPCIAddress] = []

    @Flag(help: "Give back all that 'bind' has bound, too.")
    var all = false

    @Flag(help: "Give back orphans, too.")
    var orphans = false

    @Flag(help: "Print what would be written, and write nothing.")
    var dryRun = false

    func validate() throws {
        guard addresses.isEmpty || !(all || orphans) else {
            throw ValidationError("Either addresses, or --all and --orphans.")
        }
    }

    func run() throws {
        let tools = try options.tools(for: "give devices back", isDryRun: dryRun)
        let isDone = DeviceRestore(tools).run(
            .init(addresses: addresses, includesPrebound: all, includesOrphans: orphans, isDryRun: dryRun))
        guard isDone else { throw ExitCode(1) }
    }
}
