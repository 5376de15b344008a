import ArgumentParser
import HostDevices
import Hypervisor
import RuntimeErrors
import VFIO

/// `swiftlet devices bind`: functions bound to vfio-pci ahead of time.
struct DevicesBindCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bind", abstract: "Bind functions to vfio-pci ahead of time; 'restore' gives them back.",
        discussion: """
            Pods need none of this: the runtime binds what a pod gets, and gives it back. The rules are the same: what \
            the host uses is refused, and when anything fails everything is put back. Every write is printed.
            """)

    @OptionGroup var options: DevicesOptions

    @Argument(help: "PCI addresses, such as 0000:65:00.0.")
    var addresses: [HostPCIAddress] = []

    @Option(help: "Every device of an IOMMU group, by its number; may be given several times.")
    var group: [Int] = []

    @Flag(help: "Print what would be written, and write nothing.")
    var dryRun = false

    func validate() throws {
        guard !addresses.isEmpty || !group.isEmpty else {
            throw ValidationError("Name functions by address, or groups by --group.")
        }
        guard group.allSatisfy({ $0 >= 0 }) else {
            throw ValidationError("A group's number is not negative.")
        }
    }

    func run() throws {
        let tools = try options.tools(for: "bind devices", isDryRun: dryRun)
        do throws(RuntimeError) {
            try DeviceBinding(tools).run(
                group.map { .group($0) } + addresses.map { .function($0) }, dryRun: dryRun)
        } catch {
            throw ValidationFailure(description: printable(error.description))
        }
    }
}
