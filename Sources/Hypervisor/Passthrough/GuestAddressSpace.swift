/// The guest's physical addresses above 4 GiB, as far as passed-through devices decide on them.
package struct GuestAddressSpace: Codable, Sendable, Equatable {
    /// The window for 64-bit PCI regions behind the memory, in GiB.
    package var windowGibibytes: Int
    /// How many bits an address of the guest must have so that memory and window fit.
    package var bits: Int

    /// What QEMU's q35 has without being told.
    package static let leastWindowGibibytes = 32
    /// How many bits a guest of Cloud Hypervisor has without being told, where the host has as many.
    package static let defaultBits = 46

    /// Makes an address space; see the properties.
    package init(windowGibibytes: Int, bits: Int) {
        self.windowGibibytes = windowGibibytes
        self.bits = bits
    }
}
