/// The devices of a host as `swiftlet devices list` shows them. Every text in it can be shown on a terminal.
package struct DeviceReport: Sendable, Equatable {
    /// How pods get at devices here: `iommufd` or `group`; nil if they can't.
    package var access: String?
    /// Why no pod gets any device of VFIO here; nil if that works.
    package var obstacle: String?
    /// The file that names are from; nil without one.
    package var namesFile: String?
    /// By number.
    package var groups: [GroupEntry]
    /// The functions that are in no IOMMU group, by address.
    package var ungrouped: [FunctionEntry]
    /// Mediated devices, by UUID.
    package var mediated: [MediatedEntry]
    /// USB devices, by their place.
    package var usb: [USBEntry]
    /// What the report lacks, one sentence each.
    package var notes: [String]
}

extension DeviceReport: Encodable {
    /// The number of this form; it changes when a key changes its meaning or goes.
    private static let version = 1

    private enum Key: String, CodingKey {
        case version, access, obstacle, namesFile, groups, ungrouped, mediated, usb, notes
    }

    /// Writes every key always, null where there is nothing.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(Self.version, forKey: .version)
        try container.encode(access, forKey: .access)
        try container.encode(obstacle, forKey: .obstacle)
        try container.encode(namesFile, forKey: .namesFile)
        try container.encode(groups, forKey: .groups)
        try container.encode(ungrouped, forKey: .ungrouped)
        try container.encode(mediated, forKey: .mediated)
        try container.encode(usb, forKey: .usb)
        try container.encode(notes, forKey: .notes)
    }
}
