import Configuration

/// Whether virtiofsd really serves, in the namespaces and with the rights that a sandbox gives it.
struct FileServerProbe: ConfiguredProbe {
    static let name = "file-server"

    func row(_ configuration: RuntimeConfiguration, on host: CheckHost, earlier: [CheckRow]) -> CheckRow {
        if let reason = earlier.obstacle("capabilities", "mount-calls", "namespaces", VirtiofsdProbe.name) {
            return unknown(configuration, because: reason)
        }
        if let failure = host.fileServer(configuration.hypervisor.virtiofsd) {
            return CheckRow(
                Self.name, .missing, required: true, failure,
                advice: "look at virtio_fs_daemon and virtio_fs_extra_args in \(file(configuration))")
        }
        return CheckRow(Self.name, .ok, required: true, "virtiofsd answers on a tree of its own")
    }
}
