import Linux

extension DetachedMount {
    /// A new file system that is nowhere yet.
    ///
    /// - Parameter data: `key` or `key=value`.
    static func new(
        type: String, source: String, data: [String] = [], attributes: MountAttributes = []
    ) throws(Errno) -> DetachedMount {
        let context = try FilesystemContext(type)
        if !source.isEmpty { try context.set("source", source) }
        for text in data {
            if let sign = text.utf8.firstIndex(of: UInt8(ascii: "=")) {
                try context.set(String(text[..<sign]), String(text[text.utf8.index(after: sign)...]))
            } else {
                try context.setFlag(text)
            }
        }
        return try context.mount(attributes)
    }

    /// Applies the options of a plan to a mount that is not attached yet; the kernel's default for copies would
    /// tie them to the guest's own mounts.
    func apply(_ options: MountOptions) throws(Errno) {
        try change(propagation: .private, recursive: true)
        try change(
            setting: .init(rawValue: options.recursiveSet), clearing: .init(rawValue: options.recursiveClear),
            recursive: true)
        try change(
            setting: .init(rawValue: options.set), clearing: .init(rawValue: options.clear), recursive: false)
        try change(
            propagation: MountPropagation(rawValue: options.propagation) ?? .private,
            recursive: options.recursivePropagation)
    }

    /// Puts the mount on what `target` is open on.
    func attach(to target: SharedDescriptor) throws(Errno) {
        try attach(at: "", in: target.raw)
    }
}
