/// One line of a PCI function's `resource` file: a base address register or the expansion ROM.
package struct PCIRegion: Sendable, Equatable {
    /// 0…5 for the registers, 6 for the ROM.
    package var index: Int
    /// Bytes.
    package var size: UInt64
    /// Whether it is memory and not I/O ports.
    package var isMemory: Bool
    package var isPrefetchable: Bool
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
