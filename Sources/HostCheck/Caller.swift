import Glibc
package import Linux
import Sandbox

/// Who asks: what this process may do.
package struct Caller: Sendable, Equatable {
    /// The effective user.
    package var uid: UInt32
    /// The effective capabilities.
    package var capabilities: CapabilitySet

    /// A caller, as tests state it.
    package init(uid: UInt32, capabilities: CapabilitySet) {
        self.uid = uid
        self.capabilities = capabilities
    }

    /// This process, as `/proc` shows it; without `/proc` it has no capabilities.
    package static func current(_ roots: HostRoots) -> Caller {
        var capabilities = CapabilitySet()
        if let file = try? openDescriptor("\(roots.proc)/self/status", flags: O_RDONLY),
            let bytes = try? readAll(file.raw, limit: 1 << 16)
        {
            capabilities = effectiveCapabilities(String(decoding: bytes, as: UTF8.self)) ?? []
        }
        return Caller(uid: geteuid(), capabilities: capabilities)
    }

    /// The set in the line `CapEff:` of a status file.
    static func effectiveCapabilities(_ status: String) -> CapabilitySet? {
        let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
        let digits = line?.dropFirst(7).filter { $0 != "\t" && $0 != " " }
        return digits.flatMap { UInt64($0, radix: 16) }.map(CapabilitySet.init(rawValue:))
    }
}
