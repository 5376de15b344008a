import Glibc
import Linux
import RuntimeErrors

/// How an overlay is mounted.
enum OverlayMethod: Sendable, CaseIterable {
    /// By fsopen(2), layer by layer: any number of layers, paths of up to 255 bytes, Linux 6.8 and later.
    case layers
    /// By fsopen(2), all layers in one option of at most 255 bytes.
    case oneOption
    /// By mount(2) in a copy of the mount namespace that ends at once: options of one page.
    case elsewhere
}

extension PreparedMount {
    /// Mounts an overlay, detached, in the first way that the kernel and the length of the paths allow.
    ///
    /// - Throws: `RuntimeError` with what the kernel says of the options.
    static func overlay(
        _ options: OverlayOptions, methods: [OverlayMethod]? = nil
    ) throws(RuntimeError) -> PreparedMount {
        for folder in options.folders {
            let (_, status) = try open(folder)
            try checkRootfsFolder(status, folder)
        }
        for method in methods ?? suitable(for: options) {
            let mount: DetachedMount?
            switch method {
            case .layers, .oneOption: mount = try overlayByContext(options, layerByLayer: method == .layers)
            case .elsewhere: mount = try overlayElsewhere(options)
            }
            if let mount { return PreparedMount(mount: mount, kind: .directory) }
        }
        throw RuntimeError(
            .resourceExhausted,
            "can't mount an overlay of \(options.lower.count) layers: their paths are too long together; "
                + "use Linux 6.8 or later")
    }

    private static func suitable(for options: OverlayOptions) -> [OverlayMethod] {
        let longest = FilesystemContext.longestValue
        let values = options.others.compactMap(\.value) + [options.upper, options.work].compactMap { $0 }
        guard values.allSatisfy({ $0.utf8.count <= longest }) else { return [.elsewhere] }
        if options.lowerOption().utf8.count <= longest { return [.oneOption] }
        return options.lower.allSatisfy { $0.utf8.count <= longest } ? [.layers, .elsewhere] : [.elsewhere]
    }

    /// - Returns: nil if the kernel takes no single layers.
    private static func overlayByContext(
        _ options: OverlayOptions, layerByLayer: Bool
    ) throws(RuntimeError) -> DetachedMount? {
        let context: FilesystemContext
        do throws(Errno) {
            context = try FilesystemContext("overlay")
        } catch {
            throw RuntimeError(error, "can't mount an overlay: the kernel has none; load the overlay module")
        }
        do throws(Errno) {
            if layerByLayer {
                for (index, layer) in options.lower.enumerated() {
                    do throws(Errno) {
                        try context.set("lowerdir+", layer)
                    } catch .EINVAL where index == 0 {
                        return nil
                    }
                }
            } else {
                try context.set("lowerdir", options.lowerOption())
            }
            for (key, value) in [("upperdir", options.upper), ("workdir", options.work)] {
                if let value { try context.set(key, OverlayOptions.escaped(value, ["\\"])) }
            }
            for option in options.others {
                if let value = option.value {
                    try context.set(option.key, value)
                } else {
                    try context.setFlag(option.key)
                }
            }
            return try context.mount(options.attributes.union(hardened))
        } catch {
            throw failure(error, context.messages().joined(separator: "; "))
        }
    }

    /// - Returns: nil if the options don't fit into a page.
    private static func overlayElsewhere(_ options: OverlayOptions) throws(RuntimeError) -> DetachedMount? {
        let (folder, data) = options.pageOption()
        guard data.utf8.count < pageSize, let place = options.upper ?? options.lower.first else { return nil }
        let steps: [HelperStep] = [
            .unshare(.mount),
            // MS_REC | MS_PRIVATE
            .mount(source: "none", path: "/", type: "", flags: 0x4_4000, data: ""),
            .changeDirectory(folder),
            .mount(source: "overlay", path: place, type: "overlay", flags: 0, data: data),
            .clone(folder: .workingDirectory, path: place, recursive: false),
        ]
        let mount: DetachedMount
        do throws(HelperFailure) {
            guard let opened = try runInHelperChild(steps)[4] else { throw HelperFailure.lost }
            mount = DetachedMount(opened)
        } catch {
            throw failure(error.errno, "step \(error.step) of mounting it elsewhere failed")
        }
        do throws(Errno) {
            try mount.change(setting: options.attributes.union(hardened), recursive: false)
            return mount
        } catch {
            throw failure(error, "its attributes cannot be set")
        }
    }

    /// mount(2) takes options of less than a page.
    private static let pageSize = 4096

    private static func failure(_ error: Errno, _ detail: String) -> RuntimeError {
        RuntimeError(error, "can't mount an overlay" + (detail.isEmpty ? "" : ": \(detail)"))
    }
}
