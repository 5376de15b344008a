package import RuntimeErrors

extension VMPlan {
    /// The guest kernel's command line.
    ///
    /// `machine` holds what the rendering monitor needs; the plan's own parameters come last, so that they
    /// win wherever the kernel takes the last word.
    ///
    /// - Throws: `invalidArgument` when it is longer than the kernel reads.
    package func kernelCommandLine(machine: [String]) throws(RuntimeError) -> String {
        var words = ["console=hvc0"]
        // A panic ends the machine at once instead of after a wait that nobody watches.
        words += ["panic=-1"]
        // The crypto self-tests are the one thing whose absence clearly shortens an emulated boot.
        words += ["cryptomgr.notests"]
        words += debug ? ["ignore_loglevel"] : ["quiet"]
        if case .image(let image) = boot.root {
            words += ["root=\(image.guestDevice)", "rootfstype=\(image.fileSystem)", "ro"]
            // Kata's images are systems with a target for the agent; other inits have no such words.
            words += [
                "systemd.unit=kata-containers.target", "systemd.mask=systemd-networkd.service",
                "systemd.mask=systemd-networkd.socket",
            ]
        }
        words += machine
        words += boot.parameters
        let line = words.joined(separator: " ")
        guard line.utf8.count < Self.maximumKernelCommandLine else {
            throw RuntimeError(
                .invalidArgument,
                "can't give the guest kernel a command line of \(line.utf8.count) bytes: it reads \(Self.maximumKernelCommandLine - 1); shorten kernel_params"
            )
        }
        return line
    }

    /// What an x86 kernel reads of its command line, the closing NUL included (COMMAND_LINE_SIZE).
    package static let maximumKernelCommandLine = 2048
}
