import Glibc
package import Linux

/// What a plan depends on of the host, read beforehand so that planning itself touches nothing.
package struct HostFacts: Sendable, Equatable {
    /// The processors that are online, at least 1.
    package var processors: Int
    /// The rate of the time stamp counter in kHz; nil when the host does not say.
    package var timeStampCounterKilohertz: Int?
    /// How many bits a physical address has; nil when the host does not say.
    package var addressBits: Int?
    /// Whether `/dev/vhost-vsock` exists.
    package var hasVhostVsock: Bool

    /// States facts, as tests do.
    package init(
        processors: Int, timeStampCounterKilohertz: Int?, addressBits: Int? = nil, hasVhostVsock: Bool
    ) {
        self.processors = processors
        self.timeStampCounterKilohertz = timeStampCounterKilohertz
        self.addressBits = addressBits
        self.hasVhostVsock = hasVhostVsock
    }

    /// Reads the facts of the host whose trees `roots` names.
    package init(of roots: HostRoots) {
        let lines = Self.processorLines(roots)
        processors = max(1, lines.count { $0.hasPrefix("processor") })
        timeStampCounterKilohertz = lines.first { $0.hasPrefix("cpu MHz") }.flatMap(Self.kilohertz)
        addressBits = lines.first { $0.hasPrefix("address sizes") }.flatMap(Self.addressBits)
        hasVhostVsock = access("\(roots.dev)/vhost-vsock", F_OK) == 0
    }

    private static func processorLines(_ roots: HostRoots) -> [Substring] {
        do throws(Errno) {
            let file = try openDescriptor("\(roots.proc)/cpuinfo", flags: O_RDONLY)
            let text = String(decoding: try readAll(file.raw, limit: 8 << 20), as: UTF8.self)
            return text.split(separator: "\n")
        } catch {
            return []
        }
    }

    /// The number in a line such as `address sizes : 46 bits physical, 48 bits virtual`.
    private static func addressBits(_ line: Substring) -> Int? {
        guard let value = line.split(separator: ":").last else { return nil }
        let words = value.split(separator: " ")
        guard words.count >= 3, words[2].hasPrefix("physical"), let bits = Int(words[0]),
            (32...64).contains(bits)
        else { return nil }
        return bits
    }

    /// The rate in a line such as `cpu MHz : 2899.998`.
    private static func kilohertz(_ line: Substring) -> Int? {
        guard
            let value = line.split(separator: ":").last.flatMap({
                Double($0.filter { $0 != " " && $0 != "\t" })
            }),
            (1...1_000_000).contains(value)
        else { return nil }
        return Int((value * 1000).rounded())
    }
}
