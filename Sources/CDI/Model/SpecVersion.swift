/// A version of the CDI specification.
package enum SpecVersion: String, Sendable, CaseIterable, Comparable {
    case v0_1 = "0.1.0"
    case v0_2 = "0.2.0"
    case v0_3 = "0.3.0"
    case v0_4 = "0.4.0"
    case v0_5 = "0.5.0"
    case v0_6 = "0.6.0"
    case v0_7 = "0.7.0"
    case v0_8 = "0.8.0"
    case v1_0 = "1.0.0"
    case v1_1 = "1.1.0"

    /// Reads `1.0.0` or `v1.0.0`; nil for a version that is not known.
    package init?(_ text: String) {
        self.init(rawValue: text.hasPrefix("v") ? String(text.dropFirst()) : text)
    }

    package static func < (left: SpecVersion, right: SpecVersion) -> Bool {
        // In the order of the cases, which is that of the releases.
        allCases.firstIndex(of: left) ?? 0 < allCases.firstIndex(of: right) ?? 0
    }
}
