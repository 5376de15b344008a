import RuntimeErrors

/// A value that travels from the agent to its launcher.
///
/// One method names the fields for both directions, so that writer and reader can't drift apart.
package protocol PlanValue: Sendable {
    /// The value before its fields are read.
    init()
    /// Hands every field to the coder, in a fixed order.
    mutating func visit(_ coder: inout PlanCoder) throws
}

/// Writes or reads plan values: integers little-endian, texts and lists after their count.
package struct PlanCoder: Sendable {
    /// What has been written, or what is read.
    package private(set) var bytes: [UInt8]
    private let reading: Bool
    private var position = 0

    /// A coder that writes.
    package init() {
        bytes = []
        reading = false
    }

    /// A coder that reads `bytes`.
    package init(reading bytes: [UInt8]) {
        self.bytes = bytes
        reading = true
    }

    /// The bytes of one value.
    package static func encode(_ value: some PlanValue) throws -> [UInt8] {
        var coder = PlanCoder()
        var value = value
        try value.visit(&coder)
        return coder.bytes
    }

    /// The value that `bytes` hold, all of them.
    package static func decode<T: PlanValue>(_ type: T.Type, from bytes: [UInt8]) throws -> T {
        var coder = PlanCoder(reading: bytes)
        var value = T()
        try value.visit(&coder)
        guard coder.position == bytes.count else { throw malformed }
        return value
    }

    /// Visits an integer.
    package mutating func visit<T: FixedWidthInteger & Sendable>(_ value: inout T) throws {
        let size = T.bitWidth / 8
        if reading {
            var result: T = 0
            for (index, byte) in try take(size).enumerated() {
                result |= T(truncatingIfNeeded: byte) << (8 * index)
            }
            value = result
        } else {
            for index in 0..<size {
                bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index)))
            }
        }
    }

    /// Visits a truth value.
    package mutating func visit(_ value: inout Bool) throws {
        var byte: UInt8 = value ? 1 : 0
        try visit(&byte)
        value = byte != 0
    }

    /// Visits a text.
    package mutating func visit(_ value: inout String) throws {
        var count = UInt32(truncatingIfNeeded: value.utf8.count)
        try visit(&count)
        if reading {
            value = String(decoding: try take(Int(count)), as: UTF8.self)
        } else {
            bytes.append(contentsOf: value.utf8)
        }
    }

    /// Visits an enumeration by its number.
    package mutating func visit<T: RawRepresentable>(_ value: inout T) throws where T.RawValue == UInt8 {
        var number = value.rawValue
        try visit(&number)
        guard let known = T(rawValue: number) else { throw Self.malformed }
        value = known
    }

    /// Visits a part.
    package mutating func visit(_ value: inout some PlanValue) throws {
        try value.visit(&self)
    }

    /// Visits a list of parts.
    package mutating func visit<T: PlanValue>(_ values: inout [T]) throws {
        try visitList(&values, empty: T()) { coder, value in try value.visit(&coder) }
    }

    /// Visits a list of texts.
    package mutating func visit(_ values: inout [String]) throws {
        try visitList(&values, empty: "") { coder, value in try coder.visit(&value) }
    }

    /// Visits a list of integers.
    package mutating func visit(_ values: inout [UInt32]) throws {
        try visitList(&values, empty: 0) { coder, value in try coder.visit(&value) }
    }

    /// Visits a part that may be absent.
    package mutating func visit<T: PlanValue>(_ value: inout T?) throws {
        var list = value.map { [$0] } ?? []
        try visit(&list)
        value = list.first
    }

    private mutating func visitList<T>(
        _ values: inout [T], empty: T, _ each: (inout PlanCoder, inout T) throws -> Void
    ) throws {
        var count = UInt32(truncatingIfNeeded: values.count)
        try visit(&count)
        if reading {
            values = []
            for _ in 0..<count {
                var value = empty
                try each(&self, &value)
                values.append(value)
            }
        } else {
            for index in values.indices {
                try each(&self, &values[index])
            }
        }
    }

    private mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
        guard count <= bytes.count - position else { throw Self.malformed }
        defer { position += count }
        return bytes[position..<(position + count)]
    }

    private static var malformed: RuntimeError {
        RuntimeError(.internalError, "can't read the launch plan: it is cut short or garbled")
    }
}
