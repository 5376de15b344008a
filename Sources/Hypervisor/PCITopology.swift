package import RuntimeErrors

/// The planned PCI tree: the root bus, the ports on it, and which addresses are taken.
///
/// Placing is deterministic: the lowest free slot, in call order. Every device gets an explicit address, so
/// that its place in the guest is known before boot and does not depend on what else is there.
package struct PCITopology: Codable, Sendable, Equatable {
    /// The most ports that may claim I/O space: each takes 4 KiB of 64 KiB.
    package static let maximumIOPorts = 16
    /// The most PCI segments of Cloud Hypervisor.
    package static let maximumSegments = 96
    /// The most downstream ports of a switch: the slots of the bus in it.
    package static let maximumSwitchPorts = 32

    /// The root bus.
    package let rootBus: PCIRootBus
    /// The ports, parents before children.
    package private(set) var ports: [PCIPort] = []
    /// How many PCI segments there are; only a flat bus has more than one.
    package private(set) var segments = 1
    private var taken: Set<PCIPath> = []

    private enum CodingKeys: String, CodingKey {
        case rootBus
        case ports
        case segments
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
        segments = try container.decode(Int.self, forKey: .segments)
        taken = Set(ports.map(\.path))
    }

    /// Two trees are equal when they have the same bus, ports and segments.
    package static func == (left: PCITopology, right: PCITopology) -> Bool {
        left.rootBus == right.rootBus && left.ports == right.ports && left.segments == right.segments
    }

    /// Takes the lowest free slot of the root bus.
    ///
    /// - Throws: `resourceExhausted` when the bus is full.
    package mutating func placeOnRoot(_ what: String) throws(RuntimeError) -> PCIPath {
        if let path = freeRootSlots.first {
            taken.insert(path)
            return path
        }
        throw RuntimeError(
            .resourceExhausted,
            "can't place '\(what)' on the root PCI bus: all its slots are taken; give the sandbox fewer devices"
        )
    }

    /// The free slots of the root bus, lowest first.
    var freeRootSlots: [PCIPath] {
        (0...31).filter { !rootBus.reservedSlots.contains($0) }.compactMap { PCIAddress(slot: $0) }
            .map { PCIPath($0) }.filter { !taken.contains($0) }
    }

    /// Takes the lowest free slot of the later segments; adds one if they are full.
    ///
    /// - Throws: `resourceExhausted` when there can be no more segments.
    mutating func placeOnLaterSegment(_ what: String) throws(RuntimeError) -> PCIPath {
        for number in 1..<Self.maximumSegments {
            guard let segment = UInt16(exactly: number) else { break }
            // Slot 0 could be had there, but not chosen.
            for slot in 1...31 {
                guard let address = PCIAddress(slot: slot) else { continue }
                let path = PCIPath(address, segment: segment)
                guard taken.insert(path).inserted else { continue }
                segments = max(segments, number + 1)
                return path
            }
        }
        throw RuntimeError(
            .resourceExhausted,
            "can't place '\(what)': all slots of \(Self.maximumSegments) PCI segments are taken; give the sandbox fewer devices"
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
    package mutating func addRootPort(isHotPluggable: Bool = true, claimsIO: Bool = true) throws(RuntimeError)
        -> PCIPort
    {
        try checkRoom(forIOPorts: claimsIO ? 1 : 0)
        let index = ports.count { $0.kind == .root }
        let path = try placeOnRoot("rp\(index)")
        // Chassis 0 is QEMU's default; staying clear of it keeps ports that others add from clashing.
        let port = PCIPort(
            kind: .root, id: "rp\(index)", path: path, chassis: 1, slot: index,
            isHotPluggable: isHotPluggable, claimsIO: claimsIO)
        ports.append(port)
        return port
    }

    /// Adds a switch behind a new root port and returns its `count` downstream ports.
    ///
    /// - Throws: as `addRootPort`, and `invalidArgument` for a count outside 1…32.
    package mutating func addSwitch(downstreamPorts count: Int) throws(RuntimeError) -> [PCIPort] {
        guard (1...Self.maximumSwitchPorts).contains(count) else {
            throw RuntimeError(
                .invalidArgument,
                "can't plan a PCI switch with \(count) ports: it has 1 to \(Self.maximumSwitchPorts); change the count"
            )
        }
        return try addSwitch(Array(repeating: (isHotPluggable: true, claimsIO: true), count: count))
    }

    /// The same with downstream ports of different kinds, at most `maximumSwitchPorts`.
    mutating func addSwitch(_ kinds: [(isHotPluggable: Bool, claimsIO: Bool)]) throws(RuntimeError)
        -> [PCIPort]
    {
        try checkRoom(forIOPorts: kinds.count { $0.claimsIO })
        // The way to the switch claims what its downstream ports claim, which count.
        let root = try addRootPort(isHotPluggable: false, claimsIO: false)
        let index = ports.count { $0.kind == .switchUpstream }
        let upstream = PCIPort(
            kind: .switchUpstream, id: "swup\(index)",
            path: try place("swup\(index)", behind: root.id), chassis: 0, slot: 0, isHotPluggable: false,
            claimsIO: false)
        ports.append(upstream)
        let before = ports.count { $0.kind == .switchDownstream }
        for (slot, kind) in kinds.enumerated() {
            guard let address = PCIAddress(slot: slot) else { break }
            let path = PCIPath(behind: upstream.path, at: address)
            taken.insert(path)
            ports.append(
                PCIPort(
                    kind: .switchDownstream, id: "swdp\(before + slot)", path: path, chassis: 2 + index,
                    slot: slot, isHotPluggable: kind.isHotPluggable, claimsIO: kind.claimsIO))
        }
        return Array(ports.suffix(kinds.count))
    }

    /// The port right before a device; nil for a device on the root bus.
    package func port(before path: PCIPath) -> PCIPort? {
        guard let bridge = path.bridge else { return nil }
        return ports.first { $0.path == bridge }
    }

    private func checkRoom(forIOPorts count: Int) throws(RuntimeError) {
        guard rootBus.hasPorts else {
            throw RuntimeError(
                .failedPrecondition,
                "can't plan a PCI root port: this machine's bus is flat; use a machine with ports or no ports"
            )
        }
        guard ports.count(where: \.claimsIO) + count <= Self.maximumIOPorts else {
            throw RuntimeError(
                .resourceExhausted,
                "can't plan another PCI port: \(Self.maximumIOPorts) is the most that fit the I/O space; give the sandbox fewer devices, or plan fewer free ports (pcie_root_port, pcie_switch_port)"
            )
        }
    }
}
