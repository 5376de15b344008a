package import Linux

/// Which numbers the nodes of one container have in the guest that the host sends with its own.
package struct DeviceNumberMap: Sendable, Equatable {
    private struct Key: Hashable {
        let isBlock: Bool
        let number: DeviceNumber
    }

    private var numbers: [Key: [DeviceRule]] = [:]

    package init() {}

    /// Notes what became of a node. Two nodes of one number on the host may be two devices in the guest.
    package mutating func add(
        _ host: DeviceNumber, isBlock: Bool, is guest: DeviceNumber, isBlock guestIsBlock: Bool
    ) {
        let rule = DeviceRule(
            allow: true, kind: guestIsBlock ? .block : .character, major: guest.major, minor: guest.minor)
        let key = Key(isBlock: isBlock, number: host)
        if numbers[key]?.contains(rule) != true { numbers[key, default: []].append(rule) }
    }

    /// The host's rules with the guest's numbers. Rules for other numbers, and those for many, stay as they are.
    package func translated(_ rules: [DeviceRule]) -> [DeviceRule] {
        guard !numbers.isEmpty else { return rules }
        return rules.flatMap { rule in
            guard let major = rule.major, let minor = rule.minor else { return [rule] }
            let number = DeviceNumber(major: major, minor: minor)
            let kinds = rule.kind == .any ? [true, false] : [rule.kind == .block]
            let found = kinds.flatMap { numbers[Key(isBlock: $0, number: number)] ?? [] }
            guard !found.isEmpty else { return [rule] }
            return found.map { place in
                var copy = rule
                (copy.kind, copy.major, copy.minor) = (place.kind, place.major, place.minor)
                return copy
            }
        }
    }
}
