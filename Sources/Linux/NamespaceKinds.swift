/// Kinds of namespaces, by the CLONE_NEW* numbers of clone(2).
package struct NamespaceKinds: OptionSet, Sendable, Hashable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    package static let mount = NamespaceKinds(rawValue: 0x0002_0000)
    package static let cgroup = NamespaceKinds(rawValue: 0x0200_0000)
    package static let uts = NamespaceKinds(rawValue: 0x0400_0000)
    package static let ipc = NamespaceKinds(rawValue: 0x0800_0000)
    package static let user = NamespaceKinds(rawValue: 0x1000_0000)
    package static let pid = NamespaceKinds(rawValue: 0x2000_0000)
    package static let network = NamespaceKinds(rawValue: 0x4000_0000)
}
