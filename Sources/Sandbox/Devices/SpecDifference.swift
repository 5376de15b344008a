import FoundationEssentials
package import OCI

/// What differs between two specifications, a line for each value: `+ linux.devices[0].path = "/dev/vfio/42"`.
package struct SpecDifference: Sendable {
    /// What is gone begins with `-`, what is new with `+`; by path.
    package let lines: [String]

    /// Compares two specifications.
    package init(from old: Spec, to new: Spec) throws {
        let (old, new) = (try Self.values(old), try Self.values(new))
        var lines: [(path: String, line: String)] = []
        for (path, value) in old where new[path] != value { lines.append((path, "- \(path) = \(value)")) }
        for (path, value) in new where old[path] != value { lines.append((path, "+ \(path) = \(value)")) }
        self.lines = lines.sorted { ($0.path, $1.line) < ($1.path, $0.line) }.map(\.line)
    }

    private static func values(_ spec: Spec) throws -> [String: String] {
        let document = try JSONDecoder().decode(JSONTree.self, from: try JSONEncoder().encode(spec))
        var values: [String: String] = [:]
        document.flatten(into: &values, at: "")
        return values
    }
}

/// Any JSON value. Specifications are checked for their depth before they get here.
private enum JSONTree: Decodable {
    case value(String)
    case list([JSONTree])
    case object([String: JSONTree])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let object = try? container.decode([String: JSONTree].self) {
            self = .object(object)
        } else if let list = try? container.decode([JSONTree].self) {
            self = .list(list)
        } else if let text = try? container.decode(String.self) {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .withoutEscapingSlashes
            self = .value(String(decoding: try encoder.encode(text), as: UTF8.self))
        } else if let flag = try? container.decode(Bool.self) {
            self = .value("\(flag)")
        } else if let number = try? container.decode(Int64.self) {
            self = .value("\(number)")
        } else if let number = try? container.decode(UInt64.self) {
            self = .value("\(number)")
        } else if let number = try? container.decode(Double.self) {
            self = .value("\(number)")
        } else {
            self = .value("null")
        }
    }

    func flatten(into values: inout [String: String], at path: String) {
        switch self {
        case .value(let text): values[path] = text
        case .list(let list):
            for (index, item) in list.enumerated() { item.flatten(into: &values, at: "\(path)[\(index)]") }
        case .object(let object):
            for (key, item) in object {
                let isPlain = key.utf8.allSatisfy { byte in
                    byte != UInt8(ascii: ".") && byte != UInt8(ascii: "/") && byte > 0x20
                }
                let step = isPlain ? (path.isEmpty ? key : ".\(key)") : "['\(key)']"
                item.flatten(into: &values, at: path + step)
            }
        }
    }
}
