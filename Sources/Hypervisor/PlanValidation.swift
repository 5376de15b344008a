package import RuntimeErrors

extension VMPlan {
    /// Checks what no renderer may trip over: sizes, names, addresses, and text that would end or split a
    /// command line argument.
    ///
    /// - Throws: `invalidArgument`, naming the part and the value.
    package func validate() throws(RuntimeError) {
        try validateProcessorsAndMemory()
        try validateTexts()
        try validateTree()
        try validatePassthrough()
        for device in devices {
            try validate(device)
        }
        try validateRoot()
    }

    private func validateProcessorsAndMemory() throws(RuntimeError) {
        guard processors.boot >= 1, processors.max >= processors.boot, processors.max <= 255 else {
            throw Self.invalid(
                "\(processors.boot) of at most \(processors.max) processors",
                "boot with 1 to 255, no more than the maximum")
        }
        if let rate = processors.hostKilohertz, rate < 1 {
            throw Self.invalid("a time stamp counter rate of \(rate) kHz", "give the host's rate or none")
        }
        guard (32...(1 << 30)).contains(memory.mebibytes) else {
            throw Self.invalid("\(memory.mebibytes) MiB of memory", "give it at least 32 MiB")
        }
        if let page = memory.hugePageKibibytes {
            guard page >= 64, page & (page - 1) == 0, (memory.mebibytes * 1024).isMultiple(of: page) else {
                throw Self.invalid(
                    "\(memory.mebibytes) MiB of memory in huge pages of \(page) KiB",
                    "make the memory a multiple of a page size that is a power of two")
            }
        }
    }

    private func validateTree() throws(RuntimeError) {
        var ids: Set<String> = []
        var paths: Set<PCIPath> = []
        let places = topology.ports.map { ($0.id, $0.path) } + devices.map { ($0.id, $0.path) }
        for (id, path) in places {
            guard let first = id.utf8.first, first.isLetter, id.utf8.allSatisfy(\.isIdentifier),
                id.utf8.count <= 64
            else {
                throw Self.invalid(
                    "a device with the id '\(id)'", "use letters, digits, '-' and '_', a letter first")
            }
            guard ids.insert(id).inserted else {
                throw Self.invalid("two devices with the id '\(id)'", "rename one")
            }
            guard paths.insert(path).inserted else {
                throw Self.invalid("two devices at PCI path '\(path)'", "place them with the plan's topology")
            }
            if path.bridge == nil {
                guard let slot = path.hops.first?.slot, !topology.rootBus.reservedSlots.contains(Int(slot))
                else {
                    throw Self.invalid(
                        "'\(id)' at PCI path '\(path)'", "that slot belongs to the machine itself")
                }
            } else if topology.port(before: path) == nil {
                throw Self.invalid(
                    "'\(id)' at PCI path '\(path)'", "there is no port before it; plan the port")
            }
        }
    }

    private func validate(_ planned: PlannedDevice) throws(RuntimeError) {
        switch planned.device {
        case .console(let console):
            guard console.maximumBytes >= 4096 else {
                throw Self.invalid("a console log of \(console.maximumBytes) bytes", "allow at least 4096")
            }
        case .share(let share):
            guard (1...36).contains(share.tag.utf8.count) else {
                throw Self.invalid("the share tag '\(share.tag)'", "a tag has 1 to 36 bytes")
            }
            guard (2...1024).contains(share.queueSize), share.queueSize & (share.queueSize - 1) == 0 else {
                throw Self.invalid("a share queue of \(share.queueSize)", "use a power of two from 2 to 1024")
            }
            try requireSharedMemory(for: planned.id)
        case .vsock(let vsock):
            // 0 to 2 are the hypervisor, the loopback and the host; the highest number means "any".
            guard vsock.cid >= 3, vsock.cid != UInt32.max else {
                throw Self.invalid("the vsock address \(vsock.cid)", "a guest's address is at least 3")
            }
            if case .vhostUser = vsock { try requireSharedMemory(for: planned.id) }
        case .block(let block):
            guard block.serial.map({ (1...20).contains($0.utf8.count) }) ?? true else {
                throw Self.invalid("the disk serial '\(block.serial ?? "")'", "a serial has 1 to 20 bytes")
            }
        case .usb(let devices): try validate(devices, on: planned.id)
        case .entropy, .passthrough, .panicNotifier: break
        }
    }

    private func requireSharedMemory(for id: String) throws(RuntimeError) {
        guard memory.shared else {
            throw Self.invalid("the vhost-user device '\(id)' without shared memory", "share the memory")
        }
    }

    private func validateRoot() throws(RuntimeError) {
        for (kind, count) in [
            ("console", devices.count { $0.device.kind == "console" }),
            ("vsock", devices.count { $0.device.kind == "vsock" }),
        ] where count > 1 {
            throw Self.invalid("\(count) devices of kind \(kind)", "a machine has one")
        }
        guard case .image(let image) = boot.root else { return }
        let disks = devices.filter { $0.device.kind == "block" }.sorted { $0.path < $1.path }
        guard let first = disks.first, first.id == image.device, case .block(let disk) = first.device,
            disk.readOnly
        else {
            throw Self.invalid(
                "the root image on '\(image.device)'",
                "it must be the first block device by PCI path, and read-only")
        }
        if let partition = image.partition, !(1...128).contains(partition) {
            throw Self.invalid("the root image's partition \(partition)", "partitions count from 1")
        }
    }

    static func invalid(_ what: String, _ remedy: String) -> RuntimeError {
        RuntimeError(.invalidArgument, "can't plan a virtual machine with \(what): \(remedy)")
    }
}

extension UInt8 {
    fileprivate var isLetter: Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self)
            || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self)
    }

    fileprivate var isIdentifier: Bool {
        isLetter || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) || self == UInt8(ascii: "-")
            || self == UInt8(ascii: "_")
    }
}
