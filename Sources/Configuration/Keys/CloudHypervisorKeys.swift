/// Keys of `[hypervisor.clh]` that are not in the list for every monitor.
extension ConfigurationKey {
    static let cloudHypervisorPath = ConfigurationKey(
        "path", [.cloudHypervisor], .path, .text("/usr/bin/cloud-hypervisor"),
        "Cloud Hypervisor's program.")
}
