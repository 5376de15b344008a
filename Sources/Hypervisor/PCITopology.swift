package import RuntimeErrors

/// The planned PCI tree: the root bus, the ports on it, and which addresses are taken.
///
/// Placing is deterministic: the lowest free slot, in call order. Every device gets an explicit address, so
/// that its place in the guest is known before boot and does not depend on what else is there.
package struct PCITopology: Codable, Sendable, Equatable {
    /// The most ports of a machine: each may claim 4 KiB of the 64 KiB of I/O space.
    package static let maximumPorts = 16

    /// The root bus.
    package let rootBus: PCIRootBus
    /// The ports, parents before children.
    package private(set) var ports: [PCIPort] = []
    private var taken: Set<PCIPath> = []

    private enum CodingKeys: String, CodingKey {
        case rootBus
        case ports
    }

    /// Starts an empty tree.
    package init(rootBus: PCIRootBus) {
        self.rootBus = rootBus
    }

    /// Reads the root bus and the ports; the addresses of devices are theirs to know.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        rootBus = try container.decode(PCIRootBus.self, forKey: .rootBus)
        ports = try container.decode([PCIPort].self, forKey: .ports)
        taken = Set(ports.map(\.path))
    }

    /// Two trees are equal when they have the same bus and ports.
    package static func == (left: PCITopology, right: PCITopology) -> Bool {
        left.rootBus == right.rootBus && left.ports == right.ports
    }

    /// Takes the lowest free slot of the root bus.
    ///
    /// - Throws: `resourceExhausted` when the bus is full.
    package mutating func placeOnRoot(_ what: String) throws(RuntimeError) -> PCIPath {
        for slot in 0...31 where !rootBus.reservedSlots.contains(slot) {
            guard let address = PCIAddress(slot: slot) else { continue }
            let path = PCIPath(address)
            if taken.insert(path).inserted { return path }
        }
        throw RuntimeError(
            .resourceExhausted,
            "can't place '\(what)' on the root PCI bus: all its slots are taken; give the sandbox fewer devices"
        )
    }

    /// Takes the one place behind a port.
    ///
    /// - Throws: `notFound` for an unknown or an upstream port, `resourceExhausted` when a device is there.
    package mutating func place(_ what: String, behind port: String) throws(RuntimeError) -> PCIPath {
        guard let bridge = ports.first(where: { $0.id == port }), bridge.kind != .switchUpstream,
            let first = PCIAddress(slot: 0)
        else {
            throw RuntimeError(
                .notFound,
                "can't place '\(what)' behind port '\(port)': there is no such port; plan the port first")
        }
        let path = PCIPath(behind: bridge.path, at: first)
        guard taken.insert(path).inserted else {
            throw RuntimeError(
                .resourceExhausted,
                "can't place '\(what)' behind port '\(port)': a device is there already; plan one port per device"
            )
        }
        return path
    }

    /// Adds a root port named `rp<n>`, n counting from 0.
    ///
    /// - Throws: `failedPrecondition` on a bus without ports, `resourceExhausted` when there is no room.
    package mutating func addRootPort() throws(RuntimeError) -> PCIPort {
        try checkRoomForPort()
        let index = ports.count { $0.kind == .root }
        let path = try placeOnRoot("rp\(index)")
        // Chassis 0 is QEMU's default; staying clear of it keeps ports that others add from clashing.
        let port = PCIPort(kind: .root, id: "rp\(index)", path: path, chassis: 1, slot: index)
        ports.append(port)
        return port
    }

    /// Adds a switch behind a new root port and returns its `count` downstream ports.
    ///
    /// - Throws: as `addRootPort`, and `invalidArgument` for a count outside 1…32.
    package mutating func addSwitch(downstreamPorts count: Int) throws(RuntimeError) -> [PCIPort] {
        guard (1...32).contains(count) else {
            throw RuntimeError(
                .invalidArgument,
                "can't plan a PCI switch with \(count) ports: it has 1 to 32; change the count")
        }
        guard ports.count + 1 + count <= Self.maximumPorts else { throw Self.tooManyPorts }
        let root = try addRootPort()
        let index = ports.count { $0.kind == .switchUpstream }
        let upstream = PCIPort(
            kind: .switchUpstream, id: "swup\(index)",
            path: try place("swup\(index)", behind: root.id), chassis: 0, slot: 0)
        ports.append(upstream)
        let before = ports.count { $0.kind == .switchDownstream }
        for slot in 0..<count {
            guard let address = PCIAddress(slot: slot) else { continue }
            let path = PCIPath(behind: upstream.path, at: address)
            taken.insert(path)
            ports.append(
                PCIPort(
                    kind: .switchDownstream, id: "swdp\(before + slot)", path: path, chassis: 2 + index,
                    slot: slot))
        }
        return Array(ports.suffix(count))
    }

    /// The port right before a device; nil for a device on the root bus.
    package func port(before path: PCIPath) -> PCIPort? {
        guard let bridge = path.bridge else { return nil }
        return ports.first { $0.path == bridge }
    }

    private func checkRoomForPort() throws(RuntimeError) {
        guard rootBus.hasPorts else {
            throw RuntimeError(
                .failedPrecondition,
                "can't plan a PCI root port: this machine's bus is flat; use a machine with ports or no ports"
            )
        }
        guard ports.count < Self.maximumPorts else { throw Self.tooManyPorts }
    }

    private static var tooManyPorts: RuntimeError {
        RuntimeError(
            .resourceExhausted,
            "can't plan another PCI port: \(maximumPorts) is the most that fit the I/O space; give the sandbox fewer devices"
        )
    }
}
