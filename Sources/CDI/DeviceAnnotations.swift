package import RuntimeErrors
import OCI

/// The CDI devices that annotations ask for.
///
/// CDI specification, "CRI API extensions": each key with the prefix `cdi.k8s.io/`, whatever follows, has a list of
/// qualified names as its value, with commas and no blanks between them.
package struct DeviceAnnotations: Sendable, Equatable {
    /// What the keys begin with.
    package static let prefix = "cdi.k8s.io/"

    /// In the order of the sorted keys and of each list, each once.
    package let names: [DeviceName]
    /// The keys that are CDI's, sorted.
    package let keys: [String]

    /// Reads what is CDI's among annotations.
    ///
    /// - Throws: `RuntimeError` with `.invalidArgument`, naming key and value.
    package init(_ annotations: [String: String]) throws(RuntimeError) {
        keys = annotations.keys.filter(Self.isKey).sorted()
        var names: [DeviceName] = []
        var seen: Set<DeviceName> = []
        for key in keys {
            let value = annotations[key] ?? ""
            for text in value.split(separator: ",", omittingEmptySubsequences: false) {
                guard let name = DeviceName(text) else {
                    throw RuntimeError(
                        .invalidArgument,
                        "can't read annotation \(excerpt(key)): \(excerpt(text)) in its value "
                            + "\(excerpt(value, limit: 200)) is no CDI device; write vendor/class=name, with commas "
                            + "and no blanks between several")
                }
                if seen.insert(name).inserted { names.append(name) }
                guard names.count <= CDILimits.devicesInContainer else {
                    throw RuntimeError(
                        .invalidArgument,
                        "can't read annotation \(excerpt(key)): the annotations name more than "
                            + "\(CDILimits.devicesInContainer) devices; ask for fewer")
                }
            }
        }
        self.names = names
    }

    /// Takes every key of CDI's out, so that nobody behind this runtime injects a second time.
    package static func strip(_ annotations: inout [String: String]) {
        annotations = annotations.filter { !isKey($0.key) }
    }

    /// Whether the key is CDI's, by its bytes: as characters, an accent after the slash would hide it.
    private static func isKey(_ key: String) -> Bool { key.utf8.starts(with: prefix.utf8) }
}
