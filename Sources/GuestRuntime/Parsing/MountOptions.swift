import Linux
package import RuntimeErrors

/// What the option texts of an OCI mount mean to the kernel.
package struct MountOptions: PlanValue, Equatable {
    /// Whether it is a bind mount.
    package var bind = false
    /// Whether a bind mount takes the mounts beneath along.
    package var recursiveBind = false
    /// `MountAttributes` for the mount itself.
    package var set: UInt64 = 0
    /// `MountAttributes` that the mount loses.
    package var clear: UInt64 = 0
    /// `MountAttributes` for the mount and all beneath it (`rro` and its kin).
    package var recursiveSet: UInt64 = 0
    /// `MountAttributes` that the mount and all beneath it lose.
    package var recursiveClear: UInt64 = 0
    /// A value of `MountPropagation`; 0 means private.
    package var propagation: UInt64 = 0
    /// Whether the propagation is for the mounts beneath too.
    package var recursivePropagation = false
    /// What is left, for the file system: `key` or `key=value`.
    package var data: [String] = []

    package init() {}

    package mutating func visit(_ coder: inout PlanCoder) throws {
        try coder.visit(&bind)
        try coder.visit(&recursiveBind)
        try coder.visit(&set)
        try coder.visit(&clear)
        try coder.visit(&recursiveSet)
        try coder.visit(&recursiveClear)
        try coder.visit(&propagation)
        try coder.visit(&recursivePropagation)
        try coder.visit(&data)
    }

    /// Reads the texts in order; a later one wins.
    ///
    /// - Throws: `unimplemented` for options that would change what the container may do if they were ignored.
    package init(parsing texts: [String]) throws(RuntimeError) {
        for text in texts {
            if let attribute = MountAttribute.named(text) {
                apply(attribute)
            } else if let (kind, recursive) = Self.propagation(named: text) {
                propagation = kind
                recursivePropagation = recursive
            } else {
                try applyOther(text)
            }
        }
    }

    private mutating func apply(_ attribute: MountAttribute) {
        if attribute.recursive {
            recursiveSet = (recursiveSet & ~attribute.clear) | attribute.set
            recursiveClear = (recursiveClear & ~attribute.set) | attribute.clear
        } else {
            set = (set & ~attribute.clear) | attribute.set
            clear = (clear & ~attribute.set) | attribute.clear
        }
    }

    private mutating func applyOther(_ text: String) throws(RuntimeError) {
        switch text {
        case "bind": bind = true
        case "rbind": (bind, recursiveBind) = (true, true)
        case "defaults", "async", "silent", "loud", "nomand", "noiversion", "norelatime", "": break
        case "tmpcopyup", "idmap", "ridmap", "remount", "move":
            throw RuntimeError(
                .unimplemented, "can't use the mount option '\(text)': it is not supported; leave it out")
        default: data.append(text)
        }
    }

    private static func propagation(named text: String) -> (UInt64, Bool)? {
        let kind: MountPropagation
        let recursive = text.utf8.first == UInt8(ascii: "r")
        switch recursive ? String(text.dropFirst()) : text {
        // Nothing in a container binds what it must not; private is all that is left of unbindable.
        case "private", "unbindable": kind = .private
        case "slave": kind = .slave
        case "shared": kind = .shared
        default: return nil
        }
        return (kind.rawValue, recursive)
    }
}

/// An option that sets or clears attributes of a mount, in its plain or its recursive form (`ro`, `rro`).
struct MountAttribute {
    /// `MountAttributes`.
    var set: UInt64 = 0
    /// `MountAttributes`; the access time values are one field, cleared as a whole.
    var clear: UInt64 = 0
    var recursive = false

    static let readonly: UInt64 = 0x1
    static let nosuid: UInt64 = 0x2
    static let nodev: UInt64 = 0x4
    static let noexec: UInt64 = 0x8
    static let accessTimes: UInt64 = 0x70
    static let noatime: UInt64 = 0x10
    static let strictatime: UInt64 = 0x20
    static let nodiratime: UInt64 = 0x80
    static let nosymfollow: UInt64 = 0x20_0000

    static func named(_ text: String) -> MountAttribute? {
        if let plain = plain(named: text) { return plain }
        guard text.utf8.first == UInt8(ascii: "r"), var attribute = plain(named: String(text.dropFirst()))
        else {
            return nil
        }
        attribute.recursive = true
        return attribute
    }

    private static func plain(named text: String) -> MountAttribute? {
        switch text {
        case "ro": .init(set: readonly)
        case "rw": .init(clear: readonly)
        case "nosuid": .init(set: nosuid)
        case "suid": .init(clear: nosuid)
        case "nodev": .init(set: nodev)
        case "dev": .init(clear: nodev)
        case "noexec": .init(set: noexec)
        case "exec": .init(clear: noexec)
        case "nodiratime": .init(set: nodiratime)
        case "diratime": .init(clear: nodiratime)
        case "nosymfollow": .init(set: nosymfollow)
        case "symfollow": .init(clear: nosymfollow)
        case "noatime": .init(set: noatime, clear: accessTimes)
        case "strictatime": .init(set: strictatime, clear: accessTimes)
        case "relatime", "atime", "nostrictatime": .init(clear: accessTimes)
        default: nil
        }
    }
}
