import Configuration
import Foundation
import Linux
import RuntimeErrors
import Sandbox

@testable import HostCheck

/// A host whose trees are a folder and whose programs say what a test wants; removed when the test ends.
final class FakeHost {
    let prefix: String
    var host: CheckHost

    /// A host that has everything.
    init() throws {
        // Short, as sockets are planned in it.
        prefix = "/tmp/host-\(UUID().uuidString.prefix(8))"
        host = CheckHost(
            roots: HostRoots(prefix: prefix),
            caller: Caller(uid: 0, capabilities: CapabilitySet(rawValue: .max)),
            kernel: KernelTrials(
                copyMount: { nil }, makeFileSystem: { nil }, makeNamespaces: { _ in nil }),
            programs: Programs { _, _ in ProgramOutcome(.notStarted("no program was expected"), "") },
            fileServer: { _ in nil }, searchPath: ["\(prefix)/bin"])
        for (path, text) in Self.files { try write(path, text) }
        for folder in ["run", "bin", "dev"] { try makeFolder(folder) }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: prefix)
    }

    private static let files = [
        "proc/sys/kernel/osrelease": "6.12.95+deb12-amd64\n",
        "proc/self/ns/mnt": "", "proc/self/ns/net": "", "proc/self/ns/ipc": "", "proc/self/ns/pid": "",
        "proc/sys/kernel/seccomp/actions_avail":
            "kill_process kill_thread trap errno user_notif trace log allow\n",
        "proc/sys/kernel/pid_max": "4194304\n",
        "proc/self/limits": """
        Limit                     Soft Limit           Hard Limit           Units
        Max processes             unlimited            unlimited            processes
        Max open files            1024                 524288               files
        Max locked memory         8388608              8388608              bytes
        """,
        "proc/self/mountinfo": "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw\n",
        "proc/filesystems": "nodev\tproc\n\text4\nnodev\toverlay\n",
        "proc/meminfo": "MemTotal:        8000000 kB\nMemAvailable:    4000000 kB\n",
        "proc/cpuinfo": "processor\t: 0\ncpu MHz\t\t: 2600.000\n",
        "sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory pids\n",
    ]

    /// The path of something of this host.
    func path(_ name: String) -> String { "\(prefix)/\(name)" }

    func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
    }

    func write(_ name: String, _ text: String) throws {
        try write(name, bytes: Array(text.utf8))
    }

    func write(_ name: String, bytes: [UInt8], mode: Int = 0o755) throws {
        let folder = name.split(separator: "/").dropLast().joined(separator: "/")
        try makeFolder(folder)
        try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path(name))
    }

    func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: path(name))
    }

    /// Answers for each program by its name and first argument.
    func programs(_ answers: [String: ProgramOutcome]) {
        host.programs = Programs { run, _ in
            let name = run.executable.split(separator: "/").last.map(String.init) ?? ""
            return answers["\(name) \(run.arguments.joined(separator: " "))"] ?? answers[name]
                ?? ProgramOutcome(.ended(.exited(0)), "")
        }
    }

    /// A configuration whose files are in this host.
    func configuration(_ keys: String = "", section: String = "hypervisor.qemu") throws
        -> RuntimeConfiguration
    {
        let vsock = section == "hypervisor.qemu" ? "vhost_user_vsock_daemon = \"\(path("bin/vsock"))\"" : ""
        let root = keys.contains("image =") ? "" : "initrd = \"\(path("guest/initrd"))\""
        let text = """
            [\(section)]
            path = "\(path("bin/vmm"))"
            kernel = "\(path("guest/vmlinux"))"
            virtio_fs_daemon = "\(path("bin/virtiofsd"))"
            \(root)
            \(vsock)
            \(keys)
            """
        return try RuntimeConfiguration(texts: [ConfigurationText(name: "test.toml", text: text)])
    }
}

extension ProgramOutcome {
    /// What a program says that ends well.
    static func said(_ text: String) -> ProgramOutcome { ProgramOutcome(.ended(.exited(0)), text) }
}
