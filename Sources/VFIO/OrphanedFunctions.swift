package import Hypervisor

extension PCIHost {
    /// The functions that were bound to a VFIO driver by an override, as a ``Binder`` does it, and that are in none of
    /// `owned`: what a crash left.
    package func orphans(besides owned: Set<HostPCIAddress>) -> [PCIFunction] {
        functions().filter {
            $0.isOnVFIO && $0.driverOverride == $0.driver && !owned.contains($0.address)
        }
    }
}
