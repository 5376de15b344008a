import Configuration
import Foundation
import Glibc
import Linux
import Testing

@testable import HostCheck

/// Every miss of the probes of what the configuration names.
@Suite struct ConfiguredProbesTests {
    private let fake: FakeHost

    init() throws {
        fake = try FakeHost()
        for program in ["vmm", "virtiofsd", "vsock"] { try fake.write("bin/\(program)", "") }
    }

    private func expect(
        _ probe: any ConfiguredProbe, _ state: CheckRow.State, keys: String = "",
        section: String = "hypervisor.qemu", earlier: [CheckRow] = [], _ words: String...,
        location: SourceLocation = #_sourceLocation
    ) throws {
        let configuration = try fake.configuration(keys, section: section)
        let row = probe.row(configuration, on: fake.host, earlier: earlier)
        #expect(row.state == state, "\(row)", sourceLocation: location)
        #expect(row.isRequired == type(of: probe).isRequired(configuration), sourceLocation: location)
        #expect(
            (row.state == .ok) || (row.state == .unknown) || row.advice != nil, "a miss has advice",
            sourceLocation: location)
        for word in words {
            #expect("\(row.found) \(row.advice ?? "")".contains(word), "\(row)", sourceLocation: location)
        }
    }

    private static let help = """
        Options:
              --shared-dir <SHARED_DIR>
              --fd <FD>
              --sandbox <SANDBOX>
              --seccomp <SECCOMP>
              --xattr
              --inode-file-handles=<INODE_FILE_HANDLES>
              --rlimit-nofile <N>
              --cache <CACHE>   used with --cache={metadata, never}
              --thread-pool-size <N>
              --announce-submounts
              --no-killpriv-v2
              --log-level <LOG_LEVEL>
        """

    @Test func memory() throws {
        try expect(MemoryProbe(), .ok, keys: "default_memory = 2048", "3906 MiB available")
        try expect(MemoryProbe(), .warning, keys: "default_memory = 8192", "default_memory")
        try fake.remove("proc/meminfo")
        try expect(MemoryProbe(), .unknown, "meminfo")
    }

    @Test(.enabled(if: getuid() == 0, "needs root to become another user"))
    func userOfTheMonitor() throws {
        let user = "accelerator = \"tcg\"\n[security]\nvmm_user = 54321"
        try fake.write("guest/vmlinux", "")
        try fake.write("guest/initrd", bytes: [], mode: 0o600)
        try expect(MonitorUserProbe(), .ok, "root")
        try expect(
            MonitorUserProbe(), .missing, keys: user, "user 54321 with group 54321", "it can't read",
            "guest/initrd' of key 'initrd'", "vmm_user")
        try fake.write("guest/initrd", "")
        try expect(MonitorUserProbe(), .ok, keys: user, "user 54321 with group 54321, without capabilities")
        let lost = CheckRow(KernelProbe.name, .missing, required: true, "x", advice: "y")
        try expect(MonitorUserProbe(), .unknown, keys: user, earlier: [lost], "see kernel")
        fake.host.caller.capabilities.remove(.setuid)
        try expect(MonitorUserProbe(), .unknown, keys: user, "only root")
    }

    @Test func hugePages() throws {
        try expect(
            MemoryProbe(), .missing, keys: "enable_hugepages = true", "0 huge pages", "vm.nr_hugepages")
        try fake.write("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "1024\n")
        try expect(MemoryProbe(), .ok, keys: "enable_hugepages = true\ndefault_memory = 2048")
        try expect(MemoryProbe(), .missing, keys: "enable_hugepages = true\ndefault_memory = 2050", "1025")
    }

    @Test func monitorThatIsMissingOrAnotherProgram() throws {
        fake.programs(["vmm": .said("QEMU emulator version 10.0.2 (Debian 1:10.0.2)\n")])
        try expect(MonitorProbe(), .ok, "QEMU 10.0.2")
        fake.programs(["vmm": .said("QEMU emulator version 7.2.19\n")])
        try expect(MonitorProbe(), .missing, "7.2.19", "QEMU 8.1 or newer")
        fake.programs(["vmm": .said("hello 10.0\n")])
        try expect(MonitorProbe(), .missing, "no QEMU", "'path'")
        fake.programs(["vmm": ProgramOutcome(.ended(.exited(127)), "libfoo.so: cannot open\n")])
        try expect(MonitorProbe(), .missing, "exited with 127", "libfoo.so")
        fake.programs(["vmm": ProgramOutcome(.timedOut, "")])
        try expect(MonitorProbe(), .missing, "did not end in time")
        try fake.remove("bin/vmm")
        try expect(MonitorProbe(), .missing, "no such file", "'path'")
    }

    @Test func cloudHypervisorOnlyPlans() throws {
        fake.programs(["vmm": .said("cloud-hypervisor v51.1.0\n")])
        try expect(
            MonitorProbe(), .missing, section: "hypervisor.clh", "v51", "only plans", "hypervisor.qemu")
        fake.programs(["vmm": .said("cloud-hypervisor v48.0.0\n")])
        try expect(MonitorProbe(), .missing, section: "hypervisor.clh", "older than v51")
        fake.programs(["vmm": .said("QEMU emulator version 10.0.2\n")])
        try expect(MonitorProbe(), .missing, section: "hypervisor.clh", "no Cloud Hypervisor")
    }

    @Test func monitorDevices() throws {
        let lists = [
            "vmm -machine help": "Supported machines are:\nq35    Standard PC (alias of pc-q35-10.0)\n",
            "vmm -accel help": "Accelerators supported in QEMU binary:\ntcg\nkvm\n",
            "vmm -object help": "List of user creatable objects:\n  memory-backend-memfd\n  rng-builtin\n",
            "vmm -device help": """
            Network devices:
            name "virtio-serial-pci", bus PCI, alias "virtio-serial"
            name "virtconsole", bus virtio-serial-bus
            name "virtio-rng-pci", bus PCI
            name "vhost-user-fs-pci", bus PCI
            name "vhost-user-vsock-pci", bus PCI
            name "pvpanic-pci", bus PCI, desc "pvpanic"
            """,
        ].mapValues { ProgramOutcome.said($0) }
        fake.programs(lists)
        try expect(MonitorDevicesProbe(), .ok, keys: #"accelerator = "tcg""#, "all 10")
        try expect(
            MonitorDevicesProbe(), .missing, keys: "machine_type = \"microvm\"\naccelerator = \"tcg\"",
            "-machine microvm")
        var fewer = lists
        fewer["vmm -device help"] = .said("name \"virtconsole\"\n")
        fake.programs(fewer)
        try expect(MonitorDevicesProbe(), .missing, "-device pvpanic-pci", "-device vhost-user-fs-pci")
        fake.programs(["vmm": ProgramOutcome(.timedOut, "")])
        try expect(MonitorDevicesProbe(), .missing, "-machine help")
        let obstacle = [CheckRow("monitor", .missing, required: true, "absent")]
        try expect(MonitorDevicesProbe(), .unknown, earlier: obstacle, "see monitor")
    }

    @Test func virtiofsd() throws {
        let version = ProgramOutcome.said("virtiofsd 1.13.2\n")
        fake.programs(["virtiofsd --version": version, "virtiofsd --help": .said(Self.help)])
        try expect(VirtiofsdProbe(), .ok, "virtiofsd 1.13.2")
        try expect(
            VirtiofsdProbe(), .missing, keys: #"virtio_fs_extra_args = ["--posix-acl"]"#,
            "does not know --posix-acl")
        fake.programs([
            "virtiofsd --version": .said("virtiofsd 1.10.1\n"), "virtiofsd --help": .said(Self.help),
        ])
        try expect(VirtiofsdProbe(), .warning, "1.10.1", "1.13")
        fake.programs(["virtiofsd --version": version, "virtiofsd --help": .said("--fd --xattr")])
        try expect(VirtiofsdProbe(), .missing, "--shared-dir", "--inode-file-handles")
        fake.programs(["virtiofsd": .said("hello\n")])
        try expect(VirtiofsdProbe(), .missing, "no virtiofsd that runs")
        try fake.write("bin/virtiofsd", bytes: [], mode: 0o644)
        try expect(VirtiofsdProbe(), .missing, "permission denied", "virtio_fs_daemon")
    }

    @Test func fileServer() throws {
        try expect(FileServerProbe(), .ok)
        fake.host.fileServer = { _ in "it said no" }
        try expect(FileServerProbe(), .missing, "it said no")
        let obstacle = [CheckRow("capabilities", .missing, required: true, "none")]
        try expect(FileServerProbe(), .unknown, earlier: obstacle, "see capabilities")
    }

    @Test func vsock() throws {
        fake.programs(["vsock": .said("vhost-device-vsock 0.3.0\n")])
        try expect(VsockProbe(), .ok, "vhost-device-vsock 0.3.0")
        fake.programs(["vsock": ProgramOutcome(.ended(.signaled(11)), "")])
        try expect(VsockProbe(), .missing, "signal 11")
        try fake.remove("bin/vsock")
        try expect(VsockProbe(), .missing, "no such file", "vhost_vsock", "vhost_user_vsock_daemon")
        try expect(VsockProbe(), .ok, section: "hypervisor.clh", "of its own")
        try fake.write("dev/vhost-vsock", "")
        try expect(VsockProbe(), .ok, "dev/vhost-vsock")
    }

    @Test func firmware() throws {
        try expect(FirmwareProbe(), .ok, "own choice")
        let keys = "firmware = \"\(fake.path("guest/qboot.rom"))\""
        try expect(FirmwareProbe(), .missing, keys: keys, "no such file", "'firmware'")
        try fake.write("guest/qboot.rom", "")
        try expect(FirmwareProbe(), .ok, keys: keys, "qboot.rom")
    }
}
