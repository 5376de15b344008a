import Linux
import RuntimeErrors

/// What the host itself does with a USB device, which then must not be taken from it.
struct USBHostUse {
    let roots: HostRoots
    /// `/sys/bus/usb/devices`.
    let folder: String
    let reader: SysfsReader

    /// The reasons to leave `function` to the host; none if it is free, as far as sysfs tells.
    ///
    /// - Throws: `RuntimeError`: data loss when that can't be told.
    func reasons(_ function: USBFunction) throws(RuntimeError) -> [String] {
        do throws(Errno) {
            var reasons: [String] = []
            for interface in try reader.entries(folder) where interface.hasPrefix("\(function.name):") {
                reasons += try self.reasons(ofInterface: interface)
            }
            return reasons + (try BlockDeviceUse(roots).reasons(below: function.name))
        } catch {
            throw RuntimeError(
                .dataLoss, "can't tell what the host does with usb device \(function)", cause: error)
        }
    }

    private func reasons(ofInterface interface: String) throws(Errno) -> [String] {
        var reasons: [String] = []
        // The driver of whoever opened the node and claimed the interface, such as another machine.
        if try reader.linkName("\(folder)/\(interface)/driver") == "usbfs" {
            reasons.append("a process of the host has interface '\(interface)'")
        }
        for name in try reader.entries("\(folder)/\(interface)/net")
        where try reader.isInterfaceUp(name, in: roots) {
            reasons.append("network interface '\(name)' is up")
        }
        return reasons
    }
}
