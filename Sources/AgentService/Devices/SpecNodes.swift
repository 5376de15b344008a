import AgentProtocol
import GuestRuntime
import Linux
import RuntimeErrors

/// What becomes of a node in a container's specification.
struct NodeChange: Equatable {
    /// The node's path as the host has sent it.
    let node: String
    /// Where it is in the container from now on.
    let path: String
    let isBlock: Bool
    let number: DeviceNumber
}

extension AgentSpec {
    /// Puts the guest's numbers in place of the host's, in nodes and in the rules for them, all at once: a number of the
    /// guest may be one of the host's too.
    ///
    /// - Returns: the numbers, for rules that come later.
    mutating func apply(_ changes: [NodeChange]) throws(RuntimeError) -> DeviceNumberMap {
        var numbers = DeviceNumberMap()
        let byNode = Dictionary(changes.map { ($0.node, $0) }, uniquingKeysWith: { first, _ in first })
        // Nodes of the host are not in the guest: none stays where one of the guest goes.
        let places = Set(changes.map(\.path))
        var made: Set<String> = []
        var nodes: [AgentLinuxDevice] = []
        for var node in linux.devices {
            guard let change = byNode[node.path] else {
                if !places.contains(node.path) { nodes.append(node) }
                continue
            }
            if let major = UInt32(exactly: node.major), let minor = UInt32(exactly: node.minor) {
                numbers.add(
                    DeviceNumber(major: major, minor: minor), isBlock: node.type == "b", is: change.number,
                    isBlock: change.isBlock)
            }
            // Two groups of the host may be one in the guest; one node is enough then.
            guard made.insert(change.path).inserted else { continue }
            node.path = change.path
            node.type = change.isBlock ? "b" : "c"
            (node.major, node.minor) = (Int64(change.number.major), Int64(change.number.minor))
            nodes.append(node)
        }
        linux.devices = nodes
        if !changes.isEmpty { try translateRules(numbers) }
        return numbers
    }

    private mutating func translateRules(_ numbers: DeviceNumberMap) throws(RuntimeError) {
        var rules: [AgentLinuxDeviceCgroup] = []
        for rule in linux.resources.devices {
            let parsed = try DeviceRule(
                allow: rule.allow, type: rule.type, major: rule.major, minor: rule.minor, access: rule.access)
            let translated = numbers.translated([parsed])
            guard translated != [parsed] else {
                rules.append(rule)
                continue
            }
            for place in translated {
                var copy = rule
                copy.type = place.kind == .block ? "b" : "c"
                (copy.major, copy.minor) = (Int64(place.major ?? 0), Int64(place.minor ?? 0))
                rules.append(copy)
            }
        }
        linux.resources.devices = rules
    }
}
