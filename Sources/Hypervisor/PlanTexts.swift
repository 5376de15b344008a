import RuntimeErrors

extension VMPlan {
    /// What a Unix socket address holds (sun_path), without the closing NUL.
    package static let maximumSocketPath = 107

    /// The longest path of a socket in hybrid vsock: the guest's own connections arrive at that path with
    /// `_` and a port of up to 10 digits behind it.
    package static let maximumHybridSocketPath = maximumSocketPath - 11

    /// An argument ends at a NUL; a line break in a kernel parameter or a path makes two lines of a printed
    /// plan, and of the kernel's command line; a relative path means something else in another folder, and
    /// may look like a switch.
    func validateTexts() throws(RuntimeError) {
        var texts = [sandbox.id, sandbox.key] + boot.parameters
        if case .image(let image) = boot.root { texts.append(image.fileSystem) }
        if let model = qemu.processorModel { texts.append(model) }
        var paths = [executable, boot.kernel] + [qemu.firmware, qemu.emptyRoot].compactMap { $0 }
        if let path = boot.root.initrd { paths.append(path) }
        for device in devices {
            texts += device.texts
            paths += device.paths
        }
        for text in texts { try Self.checkText(text) }
        for path in paths { try Self.checkPath(path) }
        try Self.checkSocket(control.path, limit: Self.maximumSocketPath)
        for device in devices {
            try Self.checkSockets(of: device.device)
        }
    }

    private static func checkSockets(of device: Device) throws(RuntimeError) {
        switch device {
        case .share(let share):
            try checkSocket(share.socketPath, limit: maximumSocketPath)
        case .vsock(.vhostUser(_, let socket, let host)):
            try checkSocket(socket, limit: maximumSocketPath)
            try checkSocket(host, limit: maximumHybridSocketPath)
        case .vsock(.hybrid(_, let host)):
            try checkSocket(host, limit: maximumHybridSocketPath)
        case .vsock(.kernel), .console, .entropy, .block, .passthrough, .usb, .panicNotifier: break
        }
    }

    private static func checkSocket(_ path: String, limit: Int) throws(RuntimeError) {
        try checkPath(path)
        guard path.utf8.count <= limit else {
            throw invalid(
                "the socket path '\(path)'", "it may have at most \(limit) bytes; use a shorter state folder")
        }
    }

    private static func checkPath(_ path: String) throws(RuntimeError) {
        try checkText(path)
        guard path.utf8.first == UInt8(ascii: "/") else {
            throw invalid("the path '\(path)'", "it must be absolute")
        }
    }

    private static func checkText(_ text: String) throws(RuntimeError) {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw invalid(
                "the text \(text.debugDescription) in a command line",
                "it must not be empty or hold control characters")
        }
    }
}

extension PlannedDevice {
    /// The free text of a device.
    fileprivate var texts: [String] {
        switch device {
        case .share(let share): [share.tag]
        case .block(let block): [block.serial].compactMap { $0 }
        case .passthrough(let passthrough): [passthrough.host.description]
        case .usb(let devices): devices.map(\.port)
        case .console, .vsock, .entropy, .panicNotifier: []
        }
    }

    /// The paths of a device, but for its sockets.
    fileprivate var paths: [String] {
        switch device {
        case .console(let console): [console.logPath]
        case .block(let block): [block.path]
        case .entropy(let entropy): [entropy.sourcePath]
        case .usb(let devices): devices.map(\.node)
        case .share, .vsock, .passthrough, .panicNotifier: []
        }
    }
}
