/// What a JSON document that comes from outside may cost at most.
///
/// The figures are far above what containerd writes (tens of kilobytes, 9 levels, some hundred
/// environment entries) and far below what would hurt a shim.
package struct DocumentLimits: Sendable {
    /// Bytes of the whole document.
    package var size = 8 << 20
    /// Objects and lists inside one another.
    package var depth = 64
    /// Members of one object or list.
    package var members = 65_536
    /// Values in the whole document.
    package var values = 1_000_000

    package init() {}
}
