/// A region of a PCI function: one of its base address registers, or its ROM.
package struct PCIRegion: Sendable, Equatable {
    /// 0…5 for the registers, 6 for the ROM.
    package var index: Int
    /// Bytes; a power of two on real devices.
    package var size: UInt64
    /// Whether it is memory and not I/O ports.
    package var isMemory: Bool
    package var isPrefetchable: Bool
    /// Whether its address may lie above 4 GiB.
    package var is64Bit: Bool

    /// Makes a region; see the properties.
    package init(index: Int, size: UInt64, isMemory: Bool, isPrefetchable: Bool, is64Bit: Bool) {
        self.index = index
        self.size = size
        self.isMemory = isMemory
        self.isPrefetchable = isPrefetchable
        self.is64Bit = is64Bit
    }
}
