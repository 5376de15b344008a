import Glibc
import Hypervisor
package import Linux
import RuntimeErrors
import Sandbox
import VFIO

extension DeviceReport {
    /// Looks at the devices of a host. Writes nothing, takes no lock; what vanishes meanwhile is left out or named.
    package init(_ roots: HostRoots) {
        var reading = DeviceReading(roots)
        self = reading.report()
    }
}

/// One look at a host.
struct DeviceReading {
    private let host: PCIHost
    private let seen: SeenDevices
    private let ownership: Ownership
    private let names: PCINames
    private var passability: Passability
    private var access: String?
    private var obstacle: String?

    init(_ roots: HostRoots) {
        host = PCIHost(roots)
        seen = SeenDevices(host)
        ownership = Ownership(roots)
        names = PCINames(roots, seen.wantedNames)
        passability = Passability(host)
        do throws(RuntimeError) {
            access = try VFIOSupport(host).usable().rawValue
        } catch {
            // An ordinary user can't open the nodes; a pod's shim is root.
            let isForbidden = error.cause as? Errno == .EACCES && geteuid() != 0
            obstacle = isForbidden ? nil : printable(error.description)
        }
    }

    mutating func report() -> DeviceReport {
        var report = DeviceReport(
            access: access, obstacle: obstacle, namesFile: names.file, groups: [], ungrouped: [],
            mediated: [], usb: USBEntry.all(host.roots), notes: notes)
        for group in seen.groups { report.groups.append(entry(group)) }
        for function in seen.ungrouped { report.ungrouped.append(entry(function, owner: nil)) }
        for device in seen.mediated { report.mediated.append(entry(device)) }
        return report
    }

    private var notes: [String] {
        var notes = seen.problems
        if !ownership.isKnown { notes.append("who has which device is known to root only; run this as root") }
        if let problem = names.problem {
            notes.append(printable(problem))
        } else if names.file == nil {
            notes.append(
                "there are no names without 'pci.ids'; install the package that has it (pci.ids, hwdata)")
        }
        return notes
    }

    private mutating func entry(_ group: SeenDevices.Group) -> GroupEntry {
        let owner = ownership.owner(of: group.number)
        let verdict = passability.verdict(.group(group.number))
        return GroupEntry(
            number: group.number, type: group.type.map { printable($0) }, owner: owner,
            reasons: reasons(verdict, owner, group.number, of: "iommu group \(group.number)"),
            functions: group.functions.map { entry($0, owner: owner) },
            mediated: group.mediated.map(\.uuid), others: group.others)
    }

    private mutating func entry(_ function: PCIFunction, owner: OwnerEntry?) -> FunctionEntry {
        let address = function.address
        let verdict = passability.verdict(.function(address))
        let isQuarantined = ownership.quarantined[address].map { !$0.isOver(function) } ?? false
        let classCode = function.classCode >> 8
        return FunctionEntry(
            address: address,
            deviceClass: .init(id: hexadecimal(classCode), name: names.deviceClass(function.classCode)),
            vendor: .init(id: hexadecimal(UInt32(function.vendor)), name: names.vendor(function.vendor)),
            device: .init(
                id: hexadecimal(UInt32(function.device)),
                name: names.device(vendor: function.vendor, function.device)),
            driver: function.driver.map { printable($0) },
            driverOverride: function.driverOverride.map { printable($0) }, numaNode: function.numaNode,
            physicalFunction: function.physicalFunction, virtualFunctions: function.virtualFunctionCount,
            interfaces: function.interfaces.map { printable($0) }, node: function.characterDevice,
            isBridge: function.isBridge, behind: host.bridge(above: address),
            quarantine: isQuarantined ? ownership.quarantined[address].map { printable($0.reason) } : nil,
            isPrebound: ownership.prebound.contains(address), isOrphan: ownership.isOrphan(function),
            companions: verdict.companions,
            reasons: reasons(verdict, owner, function.group, of: "pci function \(address)", "\(address)"))
    }

    private mutating func entry(_ device: MediatedDevice) -> MediatedEntry {
        let verdict = passability.verdict(.mediated(device.uuid))
        let owner = device.group.flatMap { ownership.owner(of: $0) }
        return MediatedEntry(
            uuid: device.uuid, parent: device.parent, type: device.type.map { printable($0) },
            deviceAPI: device.deviceAPI.map { printable($0) }, group: device.group,
            node: device.characterDevice,
            reasons: reasons(verdict, owner, device.group, of: "mediated device '\(device.uuid)'"))
    }

    /// All that stands against a device, in words that need not name it again.
    private func reasons(
        _ verdict: Passability.Verdict, _ owner: OwnerEntry?, _ group: Int?, of name: String,
        _ prefix: String? = nil
    ) -> [String] {
        var reasons = verdict.reasons.map { reason in
            for start in ["can't pass on \(name): ", prefix.map { "\($0) " } ?? ""]
            where reason.hasPrefix(start) && !start.isEmpty {
                return printable(String(reason.dropFirst(start.count)))
            }
            return printable(reason)
        }
        if let owner, let group { reasons.append("\(owner.words) has iommu group \(group)") }
        if let obstacle { reasons.append(obstacle) }
        return reasons
    }

    private func hexadecimal(_ number: UInt32) -> String {
        let text = String(number, radix: 16)
        return "0x" + String(repeating: "0", count: max(0, 4 - text.utf8.count)) + text
    }
}

extension OwnerEntry {
    /// The owner in a sentence.
    var words: String {
        if key == DeviceTools.owner { return "a command of 'swiftlet devices', running or killed," }
        guard let sandbox else { return "sandbox '\(key)'" }
        return "sandbox '\(sandbox)'" + (namespace.map { " of namespace '\($0)'" } ?? "")
    }
}
