import Hypervisor

/// Functions below the bridges that they are behind, where those are of the same group.
struct FunctionTree {
    /// Deeper than any machine nests bridges; what is deeper stands beside, since sysfs may say anything.
    private static let depthLimit = 8

    private let functions: [FunctionEntry]
    private let below: [HostPCIAddress: [FunctionEntry]]
    private let top: [FunctionEntry]

    init(_ functions: [FunctionEntry]) {
        self.functions = functions
        let bridges = Set(functions.map(\.address))
        var below: [HostPCIAddress: [FunctionEntry]] = [:]
        var top: [FunctionEntry] = []
        for function in functions {
            if let bridge = function.behind, bridge != function.address, bridges.contains(bridge) {
                below[bridge, default: []].append(function)
            } else {
                top.append(function)
            }
        }
        self.below = below
        self.top = top
    }

    /// The trees, each function as `draw` draws it; those that are behind each other stand at the top.
    func nodes(_ draw: (FunctionEntry) -> TreeNode) -> [TreeNode] {
        var drawn: Set<HostPCIAddress> = []
        var nodes = top.map { node($0, 0, &drawn, draw) }
        for function in functions where !drawn.contains(function.address) {
            nodes.append(node(function, Self.depthLimit, &drawn, draw))
        }
        return nodes
    }

    private func node(
        _ function: FunctionEntry, _ depth: Int, _ drawn: inout Set<HostPCIAddress>,
        _ draw: (FunctionEntry) -> TreeNode
    ) -> TreeNode {
        drawn.insert(function.address)
        var node = draw(function)
        guard depth < Self.depthLimit else { return node }
        for next in below[function.address] ?? [] where !drawn.contains(next.address) {
            node.children.append(self.node(next, depth + 1, &drawn, draw))
        }
        return node
    }
}
