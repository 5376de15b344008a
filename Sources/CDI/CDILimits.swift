import OCI

/// What files and requests may cost at most: far above what generators write (some hundred kilobytes, 7 levels, some
/// thousand values) and far below what would hurt.
enum CDILimits {
    /// Of one container.
    static let devicesInContainer = 1024
    /// Of one folder.
    static let files = 1024
    /// In each list of problems and names that goes into a message.
    static let listed = 16

    /// Of one file.
    static var document: DocumentLimits {
        var limits = DocumentLimits()
        limits.size = 2 << 20
        limits.depth = 16
        limits.members = 8192
        limits.values = 100_000
        return limits
    }
}
