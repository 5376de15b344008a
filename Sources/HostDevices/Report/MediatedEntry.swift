package import Hypervisor

/// A mediated device.
package struct MediatedEntry: Sendable, Equatable {
    package var uuid: String
    /// The function that it is a share of.
    package var parent: HostPCIAddress?
    /// Such as `nvidia-63`.
    package var type: String?
    /// What it looks like to a guest.
    package var deviceAPI: String?
    package var group: Int?
    /// Its node below `/dev/vfio/devices`.
    package var node: String?
    /// Why a pod that asks for it would not get it; empty if it would.
    package var reasons: [String]
}

extension MediatedEntry: Encodable {
    private enum Key: String, CodingKey {
        case uuid, parent, type, deviceAPI, group, node, passable, reasons
    }

    /// Writes every key always, null where there is nothing.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(uuid, forKey: .uuid)
        try container.encode(parent, forKey: .parent)
        try container.encode(type, forKey: .type)
        try container.encode(deviceAPI, forKey: .deviceAPI)
        try container.encode(group, forKey: .group)
        try container.encode(node, forKey: .node)
        try container.encode(reasons.isEmpty, forKey: .passable)
        try container.encode(reasons, forKey: .reasons)
    }
}
