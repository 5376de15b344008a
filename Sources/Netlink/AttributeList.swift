/// The attributes of a message or of another attribute, by type: `struct rtattr` of linux/rtnetlink.h.
package struct AttributeList: Sendable {
    /// One attribute.
    package struct Attribute: Sendable, Equatable {
        /// Without the bits that say how it is written.
        package let type: UInt16
        package let value: ArraySlice<UInt8>
    }

    /// In the order of the message.
    package let all: [Attribute]

    /// Reads attributes to the end of `bytes`.
    ///
    /// - Throws: `NetlinkFormatError` if one reaches over the end or is shorter than its header.
    package init(_ bytes: ArraySlice<UInt8>) throws(NetlinkFormatError) {
        var found: [Attribute] = []
        var rest = bytes
        // Fewer bytes than a header has are what fills the end up.
        while rest.count >= 4 {
            guard let length = rest.integer(at: 0, as: UInt16.self).map(Int.init), length >= 4,
                let type = rest.integer(at: 2, as: UInt16.self),
                let value = rest.piece(at: 4, count: length - 4)
            else { throw NetlinkFormatError(object: "attribute") }
            found.append(Attribute(type: type & Self.typeMask, value: value))
            rest = rest.dropFirst(aligned(length))
        }
        all = found
    }

    /// NLA_TYPE_MASK: the two highest bits say "nested" and "network byte order".
    private static let typeMask: UInt16 = 0x3fff

    /// The value of the last attribute of that type, which is the one that counts.
    package func bytes(_ type: UInt16) -> ArraySlice<UInt8>? {
        all.last { $0.type == type }?.value
    }

    /// The same as a number; nil if it is too short.
    package func integer<Value: FixedWidthInteger>(_ type: UInt16, as _: Value.Type = Value.self) -> Value? {
        bytes(type)?.integer(at: 0)
    }

    /// The same as text, up to a NUL.
    package func text(_ type: UInt16) -> String? {
        bytes(type)?.text
    }
}

/// Attributes on their way into a message.
package struct AttributeWriter: Sendable {
    package private(set) var bytes: [UInt8] = []

    /// Starts after `fixed`, the structure that the message begins with.
    package init(after fixed: [UInt8] = []) {
        bytes = fixed
        bytes.align()
    }

    /// Adds an attribute; a value longer than an attribute can be is cut by none of the callers.
    package mutating func add(_ type: UInt16, _ value: [UInt8]) {
        bytes.append(integer: UInt16(clamping: value.count + 4))
        bytes.append(integer: type)
        bytes += value
        bytes.align()
    }

    /// Adds a number.
    package mutating func add(_ type: UInt16, integer: some FixedWidthInteger) {
        var value: [UInt8] = []
        value.append(integer: integer)
        add(type, value)
    }

    /// Adds a text, with the NUL that ends it.
    package mutating func add(_ type: UInt16, text: String) {
        add(type, Array(text.utf8) + [0])
    }

    /// Adds an attribute of attributes.
    package mutating func add(_ type: UInt16, nested body: (inout AttributeWriter) -> Void) {
        var inner = AttributeWriter()
        body(&inner)
        add(type | 0x8000, inner.bytes)
    }
}
