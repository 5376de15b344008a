package import Linux
import RuntimeErrors

/// What the numbers of `/dev/nvidia-caps/nvidia-cap<n>` stand for, as the driver's
/// `/proc/driver/nvidia-caps/mig-minors` tells: `config 1`, `monitor 2`, `gpu0/gi1/access 3`, `gpu0/gi1/ci0/access 4`.
package struct MIGMinors: Sendable, Equatable {
    /// What a capability gives access to.
    package enum Capability: Sendable, Hashable {
        /// Making and removing slices.
        case config
        /// Watching all slices.
        case monitor
        case instance(gpu: Int, instance: Int)
        case computeInstance(gpu: Int, instance: Int, compute: Int)
    }

    /// More than 32 GPUs with all their instances need.
    private static let maximumBytes = 1 << 20

    /// The capability of each minor number.
    package let capabilities: [UInt32: Capability]

    /// Those of a host without such a GPU.
    package init() {
        capabilities = [:]
    }

    /// Reads the host's file; a host without it has no capabilities.
    ///
    /// - Throws: `invalidArgument` naming the line that is none of the four forms.
    package init(on roots: HostRoots) throws {
        let path = "\(roots.proc)/driver/nvidia-caps/mig-minors"
        guard let bytes = try readFile(path, limit: Self.maximumBytes) else {
            self.init()
            return
        }
        try self.init(text: String(decoding: bytes, as: UTF8.self), path: path)
    }

    init(text: String, path: String) throws(RuntimeError) {
        var capabilities: [UInt32: Capability] = [:]
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard !line.isEmpty else { continue }
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            guard words.count == 2, let capability = Capability(words[0]), let minor = UInt32(words[1]),
                capabilities.updateValue(capability, forKey: minor) == nil
            else {
                throw RuntimeError(
                    .invalidArgument,
                    "can't read '\(path)': line \(index + 1) names no capability of MIG and a number of its own; "
                        + "check the version of the GPU's driver")
            }
        }
        self.capabilities = capabilities
    }
}

extension MIGMinors.Capability: CustomStringConvertible {
    /// Reads the first word of a line.
    init?(_ text: Substring) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        func number(_ index: Int, after prefix: String) -> Int? {
            guard index < parts.count, parts[index].hasPrefix(prefix) else { return nil }
            return UInt16(parts[index].dropFirst(prefix.utf8.count)).map(Int.init)
        }
        switch parts.count {
        case 1 where text == "config": self = .config
        case 1 where text == "monitor": self = .monitor
        case 3 where parts[2] == "access":
            guard let gpu = number(0, after: "gpu"), let instance = number(1, after: "gi") else { return nil }
            self = .instance(gpu: gpu, instance: instance)
        case 4 where parts[3] == "access":
            guard let gpu = number(0, after: "gpu"), let instance = number(1, after: "gi"),
                let compute = number(2, after: "ci")
            else { return nil }
            self = .computeInstance(gpu: gpu, instance: instance, compute: compute)
        default: return nil
        }
    }

    /// In the driver's words.
    package var description: String {
        switch self {
        case .config: "config"
        case .monitor: "monitor"
        case .instance(let gpu, let instance): "gpu\(gpu)/gi\(instance)/access"
        case .computeInstance(let gpu, let instance, let compute):
            "gpu\(gpu)/gi\(instance)/ci\(compute)/access"
        }
    }
}
