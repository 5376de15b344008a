/// Limits of the io controller.
package struct BlockIOLimits: Codable, Sendable, Equatable {
    /// 10 … 1000
    @WholeNumber package var weight: UInt16?
    @WholeNumber package var leafWeight: UInt16?
    @Omittable package var weightDevice: [WeightedDevice]
    @Omittable package var throttleReadBpsDevice: [ThrottledDevice]
    @Omittable package var throttleWriteBpsDevice: [ThrottledDevice]
    @Omittable package var throttleReadIOPSDevice: [ThrottledDevice]
    @Omittable package var throttleWriteIOPSDevice: [ThrottledDevice]

    package init() {}
}

/// The weight of one device.
package struct WeightedDevice: Codable, Sendable, Equatable {
    @WholeNumber package var major: Int64
    @WholeNumber package var minor: Int64
    @WholeNumber package var weight: UInt16?
    @WholeNumber package var leafWeight: UInt16?

    package init(major: Int64, minor: Int64, weight: UInt16?, leafWeight: UInt16? = nil) {
        self.major = major
        self.minor = minor
        self.weight = weight
        self.leafWeight = leafWeight
    }
}

/// A rate limit of one device, in bytes or operations a second.
package struct ThrottledDevice: Codable, Sendable, Equatable {
    @WholeNumber package var major: Int64
    @WholeNumber package var minor: Int64
    @WholeNumber package var rate: UInt64

    package init(major: Int64, minor: Int64, rate: UInt64) {
        self.major = major
        self.minor = minor
        self.rate = rate
    }
}
