package import RuntimeErrors

/// A place in the shared tree, by its path from the tree's root.
package struct SharedPlace: Sendable, Hashable {
    /// What a container has there.
    package enum Part: Sendable, Hashable {
        /// Its root file system.
        case rootfs
        /// A bind mount of the host, by number.
        case mount(Int)
    }

    package let container: String
    package let part: Part

    /// A place of the container `container`.
    ///
    /// - Throws: `RuntimeError` `.invalidArgument` for an id that is no plain file name.
    package init(container: String, _ part: Part) throws(RuntimeError) {
        guard Self.isFileName(container) else {
            throw RuntimeError(
                .invalidArgument, "can't share files of the container '\(container)': its id is no file name")
        }
        self.container = container
        self.part = part
    }

    /// `<container>/rootfs` or `<container>/mounts/<n>`.
    package var path: String {
        switch part {
        case .rootfs: "\(container)/rootfs"
        case .mount(let number): "\(container)/mounts/\(number)"
        }
    }

    /// The folders above it, outermost first.
    var parents: [String] {
        switch part {
        case .rootfs: [container]
        case .mount: [container, "\(container)/mounts"]
        }
    }

    /// The folder with everything of a container; one that is in no place, and not there, for an odd id.
    static func folder(of container: String) -> String {
        isFileName(container) ? container : ".none"
    }

    private static func isFileName(_ text: String) -> Bool {
        !text.isEmpty && text != "." && text != ".." && text.utf8.count <= 255
            && !text.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
    }
}
