/// Keys of `[hypervisor.clh]` that are not in the list for every monitor.
extension ConfigurationKey {
    static let cloudHypervisorPath = ConfigurationKey(
        "path", [.cloudHypervisor], .path, .text("/usr/bin/cloud-hypervisor"),
        "Cloud Hypervisor's program.")

    static let flatHotPlugVFIO = ConfigurationKey(
        "hot_plug_vfio", [.cloudHypervisor], .choice(["no-port", "root-port"]), .text("no-port"),
        isAnnotation: true,
        "Whether devices may be added to a running sandbox (root-port). There are no switches here.")

    static let flatColdPlugVFIO = ConfigurationKey(
        "cold_plug_vfio", [.cloudHypervisor], .choice(["no-port", "root-port"]), .text("no-port"),
        isAnnotation: true,
        "Whether devices may be there from the start (root-port). There are no switches here.")

    static let cloudHypervisorKeys: [ConfigurationKey] = [flatHotPlugVFIO, flatColdPlugVFIO]
}
