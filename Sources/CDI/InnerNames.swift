package import RuntimeErrors

/// The CDI names that the guest gives to what was attached to its machine.
///
/// A generator in the guest counts the devices of each kind in the order of their addresses, from 0. So does this, over
/// the whole machine, by number and not by text: the tenth root port comes after the ninth.
package struct InnerNames: Sendable {
    /// A function that was attached.
    package struct Function: Sendable, Equatable {
        /// N of `/dev/vfio/N` or `/dev/vfio/devices/vfioN`.
        package var node: Int
        /// `vendor/class` in the guest; nil for a function that has no such name.
        package var kind: String?
        /// The guest's PCI segment, then slot and function of each bridge on the way, then the device's own.
        package var guestPath: [Int]

        package init(node: Int, kind: String?, guestPath: [Int]) {
            self.node = node
            self.kind = kind
            self.guestPath = guestPath
        }
    }

    /// The names of each node, in the order of the guest's addresses; none for a node without a kind.
    private var names: [Int: [String]] = [:]

    /// Counts what a machine has.
    package init(_ functions: [Function]) {
        var counts: [String: Int] = [:]
        for function in functions.sorted(by: { $0.guestPath.lexicographicallyPrecedes($1.guestPath) }) {
            names[function.node, default: []] += []
            guard let kind = function.kind else { continue }
            let index = counts[kind, default: 0]
            counts[kind] = index + 1
            names[function.node, default: []].append("\(kind)=\(index)")
        }
    }

    /// The annotations for a container that has these nodes: `cdi.k8s.io/vfio<N>` = `<kind>=<index>`, with commas
    /// where a group has several devices.
    ///
    /// - Throws: `RuntimeError` with `.failedPrecondition` for a node that the machine does not have.
    package func annotations(for nodes: [Int]) throws(RuntimeError) -> [String: String] {
        var result: [String: String] = [:]
        for node in nodes {
            guard let found = names[node] else {
                throw RuntimeError(
                    .failedPrecondition,
                    "can't name VFIO device \(node) in the guest: the machine has only "
                        + "\(names.keys.sorted().map(String.init).joined(separator: ", ")); ask for it when the pod "
                        + "is made")
            }
            if !found.isEmpty {
                result["\(DeviceAnnotations.prefix)vfio\(node)"] = found.joined(separator: ",")
            }
        }
        return result
    }
}
