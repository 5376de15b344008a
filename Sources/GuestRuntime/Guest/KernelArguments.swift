import Glibc
import Linux

/// What the kernel's command line tells the agent; the names are those of Kata's agent.
package struct KernelArguments: Sendable, Equatable {
    /// The vsock port to serve on (`agent.server_addr=vsock://-1:1024`).
    package var port: UInt32 = 1024
    /// Whether to log each call (`agent.log=debug`).
    package var logsCalls = false

    /// Reads a command line; unknown words are for others.
    package init(parsing text: String) {
        for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
            let parts = word.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            switch parts[0] {
            case "agent.server_addr":
                let address = parts[1]
                guard address.hasPrefix("vsock://"), let colon = address.lastIndex(of: ":"),
                    let number = UInt32(address[address.index(after: colon)...])
                else { continue }
                port = number
            case "agent.log": logsCalls = parts[1] == "debug" || parts[1] == "trace"
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
}
