import Hypervisor

/// `-machine`: the board, less everything on it that a container's guest has no use for.
struct MachineSwitch: QEMUSwitch {
    var machine: QEMUOptions.Machine
    /// The id of the memory object; nil for QEMU's own anonymous memory.
    var memoryBackend: String?
    /// Whether interrupts are remapped by the guest's IOMMU, which the kernel's own controller can't.
    var splitsInterruptController: Bool

    var arguments: [String] {
        var options: [QEMUOption]
        switch machine {
        case .q35:
            options = [
                QEMUOption("usb", false), QEMUOption("smbus", false), QEMUOption("sata", false),
                QEMUOption("vmport", false), QEMUOption("hpet", false), QEMUOption("i8042", false),
                QEMUOption("graphics", false), QEMUOption("fd-bootchk", false),
            ]
        case .microvm:
            // Without automatic parameters the kernel's command line is what the plan says; devices are found
            // through ACPI and PCI.
            options = [
                QEMUOption("pcie", true), QEMUOption("acpi", true), QEMUOption("pic", false),
                QEMUOption("pit", false), QEMUOption("rtc", true), QEMUOption("isa-serial", false),
                QEMUOption("auto-kernel-cmdline", false), QEMUOption("x-option-roms", false),
            ]
        }
        options.append(QEMUOption("dump-guest-core", false))
        if splitsInterruptController { options.append(QEMUOption("kernel-irqchip", "split")) }
        if let memoryBackend { options.append(QEMUOption("memory-backend", memoryBackend)) }
        return OptionSwitch("-machine", machine.rawValue, options).arguments
    }
}

/// `-accel`.
struct AcceleratorSwitch: QEMUSwitch {
    var accelerator: Accelerator
    /// TCG's buffer of translated code in MiB; nil for QEMU's default, a fixed part of the host's memory.
    var translationBufferMebibytes: Int?

    var arguments: [String] {
        var options: [QEMUOption] = []
        if accelerator == .tcg, let size = translationBufferMebibytes {
            options.append(QEMUOption("tb-size", size))
        }
        return OptionSwitch("-accel", accelerator.rawValue, options).arguments
    }
}

/// `-cpu` and `-smp`: each processor a socket of its own, which is the one topology that can grow one by one.
struct ProcessorSwitches: QEMUSwitch {
    var model: String
    var processors: Processors

    var arguments: [String] {
        ["-cpu", model]
            + OptionSwitch(
                "-smp", String(processors.boot),
                [
                    QEMUOption("maxcpus", processors.max), QEMUOption("sockets", processors.max),
                    QEMUOption("cores", 1), QEMUOption("threads", 1),
                ]
            ).arguments
    }
}

/// `-m` and the object that backs it.
struct MemorySwitches: QEMUSwitch {
    var memory: GuestMemory

    /// The memory object's id; nil when plain anonymous memory will do.
    var backend: String? {
        memory.shared || memory.hugePageKibibytes != nil ? "ram" : nil
    }

    var arguments: [String] {
        let size = ["-m", "\(memory.mebibytes)M"]
        guard let backend else { return size }
        var options = [
            QEMUOption("id", backend), QEMUOption("size", "\(memory.mebibytes)M"),
            QEMUOption("share", memory.shared),
        ]
        if let page = memory.hugePageKibibytes {
            options.append(QEMUOption("hugetlb", true))
            options.append(QEMUOption("hugetlbsize", "\(page)K"))
        }
        return size + OptionSwitch("-object", "memory-backend-memfd", options).arguments
    }
}
