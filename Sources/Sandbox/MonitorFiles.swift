import Glibc
import Hypervisor
import Linux

/// A file of the host that a monitor opens by its name, and the key that names it, of the configuration or, for a disk,
/// of the container's specification.
struct MonitorFile: Sendable, Equatable {
    var key: String
    var use: FileUse

    init(_ key: String, _ path: String, _ mode: CInt) {
        self.key = key
        use = FileUse(path, mode)
    }
}

extension VMPlan {
    /// The monitor itself and the files that it opens. All else it inherits, but for `/dev/kvm` and the nodes of host
    /// devices.
    var monitorFiles: [MonitorFile] {
        var files = [MonitorFile("path", executable, X_OK), MonitorFile("kernel", boot.kernel, R_OK)]
        if let path = boot.root.initrd { files.append(MonitorFile("initrd", path, R_OK)) }
        for device in devices {
            switch device.device {
            case .block(let disk):
                let key = disk.isHostDevice ? "linux.devices" : "image"
                files.append(MonitorFile(key, disk.path, disk.readOnly ? R_OK : R_OK | W_OK))
            case .entropy(let entropy):
                files.append(MonitorFile("entropy_source", entropy.sourcePath, R_OK))
            default: break
            }
        }
        if let firmware = qemu.firmware { files.append(MonitorFile("firmware", firmware, R_OK)) }
        return files
    }
}
