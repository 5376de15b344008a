import Hypervisor
import Linux

/// The writes that take a function from its driver and give it back.
struct BindingWrites {
    private let sys: String
    private let record: BindingRecord

    init(_ roots: HostRoots, _ record: BindingRecord) {
        sys = roots.sys
        self.record = record
    }

    /// All that binds it when nothing goes wrong, in order.
    var bind: [PlannedWrite] {
        [setOverride(record.boundDriver)] + (record.originalDriver.map { [unbind(from: $0)] } ?? []) + [probe]
    }

    /// Says which driver alone may take it; nil for any. Only a newline clears it: nothing at all is no write.
    func setOverride(_ driver: String?) -> PlannedWrite {
        PlannedWrite(path: "\(sys)/bus/pci/devices/\(record.address)/driver_override", text: driver ?? "\n")
    }

    /// By the driver's own name, so that no other driver loses it that took it meanwhile.
    func unbind(from driver: String) -> PlannedWrite {
        PlannedWrite(path: "\(sys)/bus/pci/drivers/\(driver)/unbind", text: "\(record.address)")
    }

    func bind(to driver: String) -> PlannedWrite {
        PlannedWrite(path: "\(sys)/bus/pci/drivers/\(driver)/bind", text: "\(record.address)")
    }

    /// Lets the drivers have a look at it.
    var probe: PlannedWrite {
        PlannedWrite(path: "\(sys)/bus/pci/drivers_probe", text: "\(record.address)")
    }
}
