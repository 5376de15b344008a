package import Linux
package import VFIO

/// What the commands that write work with.
package struct DeviceTools: Sendable {
    /// The name by which the commands take groups. Theirs is whatever one of them left that was killed.
    static let owner = "swiftlet-devices"

    let roots: HostRoots
    let limits: Binder.Limits
    /// Writes, and says what.
    let writer: any AttributeWriter
    /// Tells the user something, in one line.
    let say: @Sendable (String) -> Void

    /// Makes tools; `say` gets texts that may hold anything.
    package init(
        _ roots: HostRoots, writer: any AttributeWriter = KernelAttributeWriter(),
        limits: Binder.Limits = Binder.Limits(), say: @escaping @Sendable (String) -> Void
    ) {
        self.roots = roots
        self.limits = limits
        self.writer = AnnouncedWriter(writer: writer, say: say)
        self.say = say
    }

    var host: PCIHost { PCIHost(roots) }

    func binder() -> Binder {
        Binder(host, owner: Self.owner, writer: writer, limits: limits)
    }
}
