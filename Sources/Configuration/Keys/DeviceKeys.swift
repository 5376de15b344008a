/// Keys about host devices.
extension ConfigurationKey {
    private static let ports = PortPolicy.allCases.map(\.rawValue)

    static let coldPlugVFIO = ConfigurationKey(
        "cold_plug_vfio", .anyHypervisor, .choice(ports), .text(PortPolicy.noPort.rawValue),
        isAnnotation: true,
        "Where a VFIO device is plugged in that a sandbox has from its start: behind a PCIe root port of its own, "
            + "behind a port of one switch, or nowhere. With no-port a sandbox that asks for such a device is refused. "
            + "Cloud Hypervisor has no ports; root-port means its root bus there.")

    static let hotPlugVFIO = ConfigurationKey(
        "hot_plug_vfio", .anyHypervisor, .choice(ports), .text(PortPolicy.noPort.rawValue),
        isAnnotation: true,
        "Where a VFIO device would be plugged in that comes while the sandbox runs. Devices are attached at the start "
            + "only: a container that brings another one is refused whatever this says.")

    static let enableIOMMU = ConfigurationKey(
        "enable_iommu", .anyHypervisor, .flag, .flag(false), isAnnotation: true,
        "Give the guest an IOMMU, which `vfio_mode` = \"vfio\" needs.")

    static let iommufd = ConfigurationKey(
        "iommufd", .anyHypervisor, .choice(IOMMUFDUse.allCases.map(\.rawValue)),
        .text(IOMMUFDUse.auto.rawValue),
        "Whether VFIO devices are opened through /dev/iommu instead of their groups; auto means where the host has it "
            + "and the monitor can. A key of this runtime.")

    static let vfioMode = ConfigurationKey(
        "vfio_mode", [.runtime], .choice(VFIOMode.allCases.map(\.rawValue)),
        .text(VFIOMode.guestKernel.rawValue),
        isAnnotation: true,
        "Who drives a VFIO device in the guest: its kernel, or the container itself through VFIO.")

    static let podResourceAPISock = ConfigurationKey(
        "pod_resource_api_sock", [.runtime], .path, nil,
        "The kubelet's PodResources socket, such as /var/lib/kubelet/pod-resources/kubelet.sock: the devices of a pod "
            + "are asked for there when its sandbox is made. Where nobody listens its CDI annotations count.")

    static let cdiWithoutPort = ConfigurationKey(
        "cdi_without_port", [.runtime], .choice(["refuse", "warn"]), .text("refuse"),
        "What becomes of a sandbox whose annotations name a VFIO device while `cold_plug_vfio` is no-port: it is "
            + "refused, or it gets no device and the log a warning. A key of this runtime.")

    static let hostDeviceNodes = ConfigurationKey(
        "host_device_nodes", [.runtime], .choice(["drop", "refuse"]), .text("drop"),
        "What becomes of a container that has a device node of the host's which its guest does not have: it goes "
            + "without and the log says so, or it is refused. A key of this runtime.")

    static let cdiKinds = ConfigurationKey(
        "cdi_kinds", [.runtime], .lines,
        .list([
            "0x10de:0x03=nvidia.com/gpu", "0x8086:0x03=intel.com/gpu", "0x1002:0x03=amd.com/gpu",
            "0x15b3:0x02=nvidia.com/nic",
        ]),
        "How CDI in the guest names attached PCI devices: vendor, base class, kind. A device that no line fits gets "
            + "no name there and is attached all the same. A key of this runtime.")

    static let hypervisorDeviceKeys: [ConfigurationKey] = [
        coldPlugVFIO, hotPlugVFIO, enableIOMMU, iommufd,
    ]

    static let runtimeDeviceKeys: [ConfigurationKey] = [
        vfioMode, podResourceAPISock, cdiWithoutPort, hostDeviceNodes, cdiKinds,
    ]
}
