extension Settings {
    /// What is wrong with the keys about devices, taken together.
    func checkDevices() -> [Problem] {
        var problems: [Problem] = []
        for line in list(.cdiKinds) where DeviceKind(line) == nil {
            problems.append(
                problem(
                    .cdiKinds,
                    "has '\(oneLine(line))', which is no kind; write vendor, base class and name like '0x10de:0x03=nvidia.com/gpu'"
                ))
        }
        if text(.vfioMode) == VFIOMode.vfio.rawValue, !flag(.enableIOMMU) {
            problems.append(
                problem(
                    .vfioMode, "is \"vfio\", which needs an IOMMU in the guest; set 'enable_iommu' to true"))
        }
        let wantsSwitch = text(.coldPlugVFIO) == PortPolicy.switchPort.rawValue
        let wantsPort = text(.coldPlugVFIO) != PortPolicy.noPort.rawValue
        if hypervisor == .cloudHypervisor, wantsSwitch {
            problems.append(
                problem(
                    .coldPlugVFIO,
                    "is \"switch-port\", and Cloud Hypervisor has no switches; use \"root-port\""))
        }
        if hypervisor == .qemu, wantsPort, text(.machineType) == "microvm" {
            problems.append(
                problem(.coldPlugVFIO, "asks for ports, which a microvm does not have; use machine_type q35"))
        }
        return problems
    }
}
