import AgentProtocol
import CDI
import OCI
import RuntimeErrors

/// The CDI devices of the guest that a container asks for, by annotations or by `VISIBLE_CDI_DEVICES`.
struct VisibleDevices: Equatable {
    /// Of one container.
    private static let most = 1024
    private static let variable = "VISIBLE_CDI_DEVICES="

    /// Devices by name, each once.
    private(set) var names: [DeviceName]
    /// Kinds of which all devices are wanted.
    private(set) var kinds: [String] = []

    /// Whether there are none.
    var isEmpty: Bool { names.isEmpty && kinds.isEmpty }

    /// What a specification asks for; the sandbox's own container gets no devices.
    ///
    /// - Throws: `invalidArgument`.
    init(_ spec: AgentSpec, readsVariable: Bool) throws(RuntimeError) {
        names = []
        guard !Self.isOfSandbox(spec.annotations) else { return }
        names = try DeviceAnnotations(spec.annotations).names
        guard readsVariable,
            let entry = spec.process.env.last(where: { $0.utf8.starts(with: Self.variable.utf8) })
        else { return }
        try add(entry.dropFirst(Self.variable.count))
    }

    /// The kinds that something is wanted of, each once.
    var wantedKinds: [String] {
        var seen: Set<String> = []
        return (names.map(\.kind) + kinds).filter { seen.insert($0).inserted }
    }

    /// All devices by name, where `known` are those that there are.
    ///
    /// - Throws: `invalidArgument` for too many.
    func resolved(among known: [DeviceName]) throws(RuntimeError) -> [DeviceName] {
        var seen: Set<DeviceName> = []
        let all = names + kinds.flatMap { kind in known.filter { $0.kind == kind } }
        let result = all.filter { seen.insert($0).inserted }
        guard result.count <= Self.most else { throw Self.tooMany() }
        return result
    }

    /// Reads `<kind>=0,1:<kind>=all`. A colon may be in a name too: what follows one is a list of its own only if it
    /// has a kind.
    private mutating func add(_ value: Substring) throws(RuntimeError) {
        guard !value.isEmpty else { return }
        guard value.utf8.count <= 1 << 16 else { throw Self.tooMany() }
        var lists: [String] = []
        for part in value.split(separator: ":", omittingEmptySubsequences: false) {
            if part.contains("=") || lists.isEmpty {
                lists.append(String(part))
            } else {
                lists[lists.count - 1] += ":\(part)"
            }
        }
        for list in lists {
            let sides = list.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, DeviceName.isKind(sides[0]) else { throw Self.noDevices(list) }
            if sides[1] == "all" {
                if !kinds.contains(String(sides[0])) { kinds.append(String(sides[0])) }
                continue
            }
            for text in sides[1].split(separator: ",", omittingEmptySubsequences: false) {
                guard let name = DeviceName("\(sides[0])=\(text)") else { throw Self.noDevices(list) }
                names.append(name)
            }
        }
        var seen: Set<DeviceName> = []
        names = names.filter { seen.insert($0).inserted }
        guard names.count + kinds.count <= Self.most else { throw Self.tooMany() }
    }

    /// The mark of Kata's runtimes, and those of the managers of pods.
    private static func isOfSandbox(_ annotations: [String: String]) -> Bool {
        annotations["io.katacontainers.pkg.oci.container_type"] == "pod_sandbox"
            || (try? ContainerType(annotations: annotations)) == .sandbox
    }

    private static func noDevices(_ text: String) -> RuntimeError {
        RuntimeError(
            .invalidArgument,
            "can't read VISIBLE_CDI_DEVICES: \(excerpt(text)) is no '<vendor>/<class>=<name>,…' or "
                + "'<vendor>/<class>=all'")
    }

    private static func tooMany() -> RuntimeError {
        RuntimeError(
            .invalidArgument,
            "can't give a container more than \(most) CDI devices of the guest; ask for fewer")
    }
}
