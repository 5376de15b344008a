import Glibc
import Linux

/// What the kernel's command line tells the agent; the names are those of Kata's agent and of the kernel itself.
package struct KernelArguments: Sendable, Equatable {
    /// The vsock port to serve on (`agent.server_addr=vsock://-1:1024`).
    package var port: UInt32 = 1024
    /// Whether to say more than others want to read (`agent.log=debug`).
    package var isDebugging = false
    /// The vsock port of the debug console (`agent.debug_console`, `agent.debug_console_vport=1026`); nil for none.
    package var debugConsolePort: UInt32? { hasDebugConsole ? consolePort : nil }
    /// The disk with the root file system (`root=/dev/vda1`); nil if the initial one is all there is.
    package var rootDevice: String?
    /// Its type (`rootfstype=ext4`).
    package var rootType = "ext4"
    /// The program that becomes process 1 there (`init=/sbin/init`); nil for the usual places.
    package var initProgram: String?

    /// How long a device may take to appear, in seconds (`agent.hotplug_timeout=3`).
    package var hotplugSeconds = 3
    /// How long CDI files may take to appear, in seconds (`agent.cdi_timeout=100`).
    package var cdiSeconds = 100
    /// Whether `VISIBLE_CDI_DEVICES` of a container counts (`agent.visible_cdi_devices`).
    package var usesVisibleDevices = false

    private var hasDebugConsole = false
    private var consolePort: UInt32 = 1026

    /// Reads a command line; unknown words are for others.
    package init(parsing text: String) {
        for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count == 2 ? String(parts[1]) : nil
            switch (parts.first.map(String.init) ?? "", value) {
            case ("agent.server_addr", let address?): port = Self.port(of: address) ?? port
            case ("agent.log", let level?): isDebugging = level == "debug" || level == "trace"
            case ("agent.debug_console", let value):
                hasDebugConsole = Self.isYes(value)
            case ("agent.debug_console_vport", let number?): consolePort = UInt32(number) ?? consolePort
            case ("agent.hotplug_timeout", let number?):
                hotplugSeconds = Self.seconds(number) ?? hotplugSeconds
            case ("agent.cdi_timeout", let number?): cdiSeconds = Self.seconds(number) ?? cdiSeconds
            case ("agent.visible_cdi_devices", let value): usesVisibleDevices = Self.isYes(value)
            case ("root", let device?): rootDevice = device.hasPrefix("/dev/") ? device : nil
            case ("rootfstype", let type?): rootType = type
            case ("init", let path?): initProgram = path
            default: continue
            }
        }
    }

    /// The running kernel's.
    package static func current() -> KernelArguments {
        guard let file = try? openDescriptor("/proc/cmdline", flags: O_RDONLY),
            let bytes = try? readAll(file.raw, limit: 1 << 16)
        else { return KernelArguments(parsing: "") }
        return KernelArguments(parsing: String(decoding: bytes, as: UTF8.self))
    }

    /// A word alone is a yes.
    private static func isYes(_ value: String?) -> Bool {
        value.map { $0 == "true" || $0 == "1" } ?? true
    }

    /// More than 0, and not so many that a sum with the time could overflow.
    private static func seconds(_ text: String) -> Int? {
        Int(text).flatMap { (1...86_400).contains($0) ? $0 : nil }
    }

    private static func port(of address: String) -> UInt32? {
        guard address.hasPrefix("vsock://"), let colon = address.lastIndex(of: ":") else { return nil }
        return UInt32(address[address.index(after: colon)...])
    }
}
