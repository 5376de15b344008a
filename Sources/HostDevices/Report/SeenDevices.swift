import Hypervisor
import RuntimeErrors
import VFIO

/// The PCI functions and mediated devices of a host as they were seen, one after the other.
struct SeenDevices {
    struct Group {
        var number: Int
        var type: String?
        var functions: [PCIFunction] = []
        var mediated: [MediatedDevice] = []
        var others: [OtherEntry] = []
    }

    private(set) var groups: [Group] = []
    private(set) var ungrouped: [PCIFunction] = []
    private(set) var mediated: [MediatedDevice] = []
    /// What can't be read, one sentence each.
    private(set) var problems: [String] = []

    init(_ host: PCIHost) {
        for number in host.groupNumbers() {
            var group = Group(number: number, type: host.type(ofGroup: number))
            for name in host.memberNames(ofGroup: number) { Self.add(name, to: &group, host) }
            group.functions.sort { $0.address < $1.address }
            groups.append(group)
        }
        let grouped = Set(groups.flatMap(\.functions).map(\.address))
        for address in host.addresses() where !grouped.contains(address) {
            do throws(RuntimeError) {
                let function = try host.function(address)
                guard let group = function.group else {
                    ungrouped.append(function)
                    continue
                }
                problems.append("\(address) says that it is in iommu group \(group), which does not list it")
            } catch {
                // One that has gone is no problem.
                if error.code != .notFound { problems.append(printable(error.description)) }
            }
        }
        for name in host.mediatedDeviceNames() {
            do throws(RuntimeError) { mediated.append(try host.mediatedDevice(name)) } catch {
                if error.code != .notFound { problems.append(printable(error.description)) }
            }
        }
    }

    private static func add(_ name: String, to group: inout Group, _ host: PCIHost) {
        do throws(RuntimeError) {
            switch try host.member(name) {
            case .pci(let function): group.functions.append(function)
            case .mediated(let device): group.mediated.append(device)
            case .other(let name): group.others.append(OtherEntry(name: printable(name), problem: nil))
            }
        } catch {
            group.others.append(
                OtherEntry(name: printable(name), problem: printable(error.description)))
        }
    }

    /// The names that can be of use.
    var wantedNames: PCINames.Wanted {
        var wanted = PCINames.Wanted()
        for function in groups.flatMap(\.functions) + ungrouped {
            wanted.add(vendor: function.vendor, device: function.device, classCode: function.classCode)
        }
        return wanted
    }
}
