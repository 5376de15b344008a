/// The virtual processors of a machine.
package struct Processors: Codable, Sendable, Equatable {
    /// How many are there at boot, at least one.
    package var boot: Int
    /// How many there can ever be, at least `boot`.
    package var max: Int
    /// The host's time stamp counter rate in kHz.
    ///
    /// Under TCG the guest reads the host's counter but has no clock to calibrate it by: microvm hangs
    /// without this, q35 wastes time. Nil when it is not known or not needed.
    package var hostKilohertz: Int?

    /// Makes a set of processors; `max` is `boot` unless given.
    package init(boot: Int, max: Int? = nil, hostKilohertz: Int? = nil) {
        self.boot = boot
        self.max = max ?? boot
        self.hostKilohertz = hostKilohertz
    }
}
