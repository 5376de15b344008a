/// The virtual machine monitor and the machine that it makes.
package struct HypervisorConfiguration: Sendable, Equatable {
    /// Which monitor, with what only that one knows.
    package var monitor: Monitor
    /// The monitor's program, an absolute path.
    package var path: String
    /// The guest's kernel, an absolute path.
    package var kernel: String
    /// What the kernel starts from.
    package var root: GuestRootFile
    /// Words to add to the end of the kernel's command line, as they are.
    package var kernelParameters: String
    /// Processors of a sandbox that asks for none; nil is all of the host's.
    package var defaultVCPUs: Int?
    /// The most processors of a sandbox; nil is all of the host's.
    package var maximumVCPUs: Int?
    /// Memory of a sandbox that asks for none, in MiB.
    package var defaultMemory: Int
    package var hugePages: Bool
    package var virtiofsd: VirtiofsdConfiguration
    /// The host's file that feeds the guest's random numbers.
    package var entropySource: String
    package var debug: Bool
    /// How much of the guest's console is kept, in bytes.
    package var consoleLogLimit: Int

    /// A monitor by its section.
    package enum Monitor: Sendable, Equatable {
        case qemu(QEMUConfiguration)
        case cloudHypervisor
    }

    /// The file with the guest's root file system.
    package enum GuestRootFile: Sendable, Equatable {
        case initrd(String)
        /// A raw disk image, and the file system of its first partition; with an initial file system that finds the
        /// disk for a kernel that can't.
        case image(String, fileSystem: String, initrd: String?)
    }
}

/// The virtio-fs daemon.
package struct VirtiofsdConfiguration: Sendable, Equatable {
    /// The daemon's program, an absolute path.
    package var path: String
    /// `auto`, `always`, `metadata` or `never`.
    package var cache: String
    /// Options to add; none of them opens the sandbox.
    package var extraArguments: [String]
}
