/// The user and the groups of a process, by number as the container's kernel sees them.
package struct User: Codable, Sendable, Equatable {
    package var uid: UInt32
    package var gid: UInt32
    /// The file mode creation mask; nil leaves what is inherited.
    package var umask: UInt32?
    package var additionalGids: [UInt32]
    /// A name, which only other platforms use; kept because the agent's protocol has a place for it.
    package var username: String

    package init(
        uid: UInt32 = 0, gid: UInt32 = 0, umask: UInt32? = nil, additionalGids: [UInt32] = [],
        username: String = ""
    ) {
        self.uid = uid
        self.gid = gid
        self.umask = umask
        self.additionalGids = additionalGids
        self.username = username
    }

    private enum CodingKeys: String, CodingKey {
        case uid, gid, umask, additionalGids, username
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        uid = try fields.decodeIfPresent(WholeNumber<UInt32>.self, forKey: .uid)?.wrappedValue ?? 0
        gid = try fields.decodeIfPresent(WholeNumber<UInt32>.self, forKey: .gid)?.wrappedValue ?? 0
        umask = try fields.decodeIfPresent(WholeNumber<UInt32>.self, forKey: .umask)?.wrappedValue
        let groups = try fields.decodeIfPresent([WholeNumber<UInt32>].self, forKey: .additionalGids)
        additionalGids = groups.map { $0.map(\.wrappedValue) } ?? []
        username = try fields.decodeIfPresent(String.self, forKey: .username) ?? ""
    }

    /// Writes the two ids even when they are 0, so that a reader sees who runs.
    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(uid, forKey: .uid)
        try fields.encode(gid, forKey: .gid)
        try fields.encodeIfPresent(umask, forKey: .umask)
        if !additionalGids.isEmpty { try fields.encode(additionalGids, forKey: .additionalGids) }
        if !username.isEmpty { try fields.encode(username, forKey: .username) }
    }
}
