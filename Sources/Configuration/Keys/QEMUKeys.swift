/// Keys of `[hypervisor.qemu]`.
extension ConfigurationKey {
    static let qemuPath = ConfigurationKey(
        "path", [.qemu], .path, .text("/usr/bin/qemu-system-x86_64"),
        "QEMU's program.")

    static let machineType = ConfigurationKey(
        "machine_type", [.qemu], .choice(["q35", "microvm"]), .text("q35"),
        "The machine: q35 takes every device, microvm starts sooner.")

    static let accelerator = ConfigurationKey(
        "accelerator", [.qemu], .choice(["kvm", "tcg"]), .text("kvm"),
        "Who executes the guest: the processor (kvm), or QEMU's translator (tcg), which is slow and works "
            + "without /dev/kvm. A key of this runtime.")

    static let cpuFeatures = ConfigurationKey(
        "cpu_features", [.qemu], .line, .text(""),
        "Features that are added to or removed from the guest's processor, separated by commas, "
            + "such as pmu=off.")

    static let firmware = ConfigurationKey(
        "firmware", [.qemu], .path, .text(""),
        "The firmware that starts the kernel; empty means QEMU's own choice for the machine.")

    static let seccompSandbox = ConfigurationKey(
        "seccompsandbox", [.qemu], .line, .text(""), aliases: ["seccomp_sandbox"],
        "QEMU's seccomp sandbox is always on, with every option on deny. The key is there for existing "
            + "files: empty or \(SeccompSandbox.strictest), anything weaker is an error.")

    static let vsockDaemon = ConfigurationKey(
        "vhost_user_vsock_daemon", [.qemu], .path, .text("/usr/bin/vhost-device-vsock"),
        "The daemon that connects to the guest's sockets where the host has no /dev/vhost-vsock. A key of "
            + "this runtime.")

    static let pcieRootPort = ConfigurationKey(
        "pcie_root_port", [.qemu], .integer(0...16), .integer(0), isAnnotation: true,
        "Free PCIe root ports to give the machine; q35 only. A switch needs a port too, and 16 is the most of "
            + "all kinds.")

    static let pcieSwitchPort = ConfigurationKey(
        "pcie_switch_port", [.qemu], .integer(0...15), .integer(0), isAnnotation: true,
        "Free downstream ports of a PCIe switch to give the machine, which stands behind a root port of its "
            + "own; q35 only.")

    static let qemuKeys: [ConfigurationKey] = [
        machineType, accelerator, cpuFeatures, firmware, seccompSandbox, vsockDaemon, pcieRootPort,
        pcieSwitchPort,
    ]
}
