import Hypervisor
import Linux
import RuntimeErrors

/// Reads mediated devices out of `/sys/bus/mdev/devices`.
struct MediatedDeviceReader {
    let host: PCIHost

    func device(_ uuid: String) throws(RuntimeError) -> MediatedDevice {
        guard MediatedDevice.isUUID(uuid) else {
            throw RuntimeError(.invalidArgument, "can't find mediated device '\(uuid)': that is no uuid")
        }
        let uuid = uuid.lowercased()
        let path = host.roots.sys + HostDevice.mediated(uuid: uuid).sysfsPath.dropFirst("/sys".count)
        do throws(Errno) {
            if let device = try read(uuid, path) { return device }
        } catch {
            throw RuntimeError(.dataLoss, "can't read mediated device '\(uuid)' in '\(path)'", cause: error)
        }
        throw RuntimeError(
            .notFound,
            "can't find mediated device '\(uuid)': '\(path)' does not exist; make the device first")
    }

    private func read(_ uuid: String, _ path: String) throws(Errno) -> MediatedDevice? {
        guard let target = try host.reader.linkTarget(path) else { return nil }
        return MediatedDevice(
            uuid: uuid,
            parent: target.split(separator: "/").dropLast().last.flatMap { HostPCIAddress($0) },
            type: try host.reader.linkName("\(path)/mdev_type"),
            deviceAPI: try host.reader.attribute("\(path)/mdev_type/device_api"),
            group: try host.reader.linkName("\(path)/iommu_group").flatMap { Int($0) },
            characterDevice: try host.reader.entries("\(path)/vfio-dev").first {
                PCIHost.number(ofCharacterDevice: $0) != nil
            })
    }
}
