internal import CLinux
import Glibc

/// A file system being set up by fsopen(2), option by option, to become a detached mount.
package struct FilesystemContext: ~Copyable {
    /// Longest option value in bytes that fsconfig(2) takes.
    package static let longestValue = 255

    private let context: OwnedDescriptor

    /// A file system of the kernel's type `type`.
    ///
    /// - Throws: `Errno`: `ENODEV` if the kernel has no such type.
    package init(_ type: String) throws(Errno) {
        context = OwnedDescriptor(owning: try checked(CLinux_fsopen(type)))
    }

    /// Sets one option.
    ///
    /// - Throws: `Errno`: `EINVAL` for an unknown option or a value over 255 bytes.
    package func set(_ key: String, _ value: String) throws(Errno) {
        try checked(CLinux_fsconfig_set(context.raw, key, value))
    }

    /// Sets an option that has no value.
    ///
    /// - Throws: `Errno`: `EINVAL` for an unknown option.
    package func setFlag(_ key: String) throws(Errno) {
        try checked(CLinux_fsconfig_set(context.raw, key, nil))
    }

    /// Makes the file system and a detached mount of it.
    ///
    /// - Throws: `Errno`; `messages` may then say more.
    package func mount(_ attributes: MountAttributes = []) throws(Errno) -> DetachedMount {
        try checked(CLinux_fsconfig_create(context.raw))
        let raw = try checked(CLinux_fsmount(context.raw, UInt32(truncatingIfNeeded: attributes.rawValue)))
        return DetachedMount(SharedDescriptor(owning: raw))
    }

    /// What the file system wrote about the options so far, as "e overlay: …" lines.
    package func messages() -> [String] {
        var lines: [String] = []
        var buffer = [UInt8](repeating: 0, count: 1024)
        while lines.count < 16 {
            let count = read(context.raw, &buffer, buffer.count)
            guard count > 0 else { return lines }
            let text = buffer[..<count].filter { $0 >= 0x20 && $0 < 0x7F }
            lines.append(String(decoding: text, as: UTF8.self))
        }
        return lines
    }
}
