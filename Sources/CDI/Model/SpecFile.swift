/// One CDI file, read and checked.
package struct SpecFile: Sendable, Equatable {
    /// Where it was read.
    package var path: String
    package var version: SpecVersion
    /// `vendor/class`.
    package var kind: String
    package var devices: [Device] = []
    /// For every container that gets one of the devices.
    package var edits = ContainerEdits()

    /// A device by its name within the kind.
    package struct Device: Sendable, Equatable {
        package var name: String
        package var edits: ContainerEdits
    }
}
