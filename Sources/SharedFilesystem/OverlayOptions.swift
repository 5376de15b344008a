import Linux
import RuntimeErrors

/// The options of an overlay mount, taken apart.
struct OverlayOptions: Equatable {
    /// Topmost first, without the escapes of mount(8).
    var lower: [String] = []
    var upper: String?
    var work: String?
    /// The others, as keys and values.
    var others: [Option] = []
    var attributes: MountAttributes = []

    struct Option: Equatable {
        var key: String
        var value: String?
    }

    /// - Throws: `RuntimeError` `.invalidArgument` for options that make no overlay.
    init(_ options: [String]) throws(RuntimeError) {
        for option in options {
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let key = String(parts[0])
            let value = parts.count > 1 ? String(parts[1]) : nil
            switch (key, value) {
            case ("lowerdir", let value?): lower = Self.layers(value)
            case ("upperdir", let value?): upper = value
            case ("workdir", let value?): work = value
            case ("ro", nil): attributes.insert(.readOnly)
            case ("rw", nil): continue
            default:
                if value == nil, let attribute = MountAttributes(option: key) {
                    attributes.formUnion(attribute)
                } else {
                    others.append(Option(key: key, value: value))
                }
            }
        }
        try check()
    }

    private func check() throws(RuntimeError) {
        guard !lower.isEmpty else {
            throw RuntimeError(.invalidArgument, "can't mount an overlay: its options name no lowerdir")
        }
        guard (upper == nil) == (work == nil) else {
            throw RuntimeError(
                .invalidArgument, "can't mount an overlay: upperdir and workdir must be named together")
        }
        for path in folders where !path.hasPrefix("/") {
            throw RuntimeError(
                .invalidArgument, "can't mount an overlay: '\(path)' is not an absolute path")
        }
    }

    /// Every folder that the overlay is made of.
    var folders: [String] {
        lower + [upper, work].compactMap { $0 }
    }

    /// Layers are parted by colons; a backslash takes a colon or a backslash literally.
    private static func layers(_ value: String) -> [String] {
        var layers: [String] = []
        var layer: [UInt8] = []
        var escaped = false
        for byte in value.utf8 {
            if !escaped, byte == UInt8(ascii: "\\") {
                escaped = true
            } else if !escaped, byte == UInt8(ascii: ":") {
                layers.append(String(decoding: layer, as: UTF8.self))
                layer = []
            } else {
                layer.append(byte)
                escaped = false
            }
        }
        layers.append(String(decoding: layer, as: UTF8.self))
        return layers
    }
}
