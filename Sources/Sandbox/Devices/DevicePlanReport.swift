package import Hypervisor
package import Linux
import OCI
import VFIO

/// What a sandbox's devices come to, for people and programs: what would be attached, written and locked.
package struct DevicePlanReport: Sendable, Encodable {
    /// A device of the machine.
    package struct Attached: Sendable, Encodable {
        /// Its id in the plan.
        package var id: String
        /// Its address, UUID or node on the host.
        package var host: String
        /// Its IOMMU group; nil for what has none.
        package var group: Int?
        /// Its place in the guest's PCI tree.
        package var pciPath: String
        /// What the guest's kernel calls it; nil where nobody can know.
        package var guestAddress: String?
    }

    /// One write to sysfs.
    package struct Write: Sendable, Encodable {
        package var path: String
        package var text: String
    }

    package var devices: [Attached]
    /// The writes to the host that binding takes when nothing goes wrong, in order.
    package var writes: [Write]
    /// Bytes that the monitor must be able to lock.
    package var lockedMemory: UInt64
    /// How it gets that, or why it can't.
    package var lockedMemoryBy: String
    /// What CDI changes in the container's specification: lines that begin with `-` or `+`.
    package var specDifference: [String]
    package var warnings: [String]

    /// Reports what was decided for a request.
    package init(_ preparation: SandboxPreparation, of request: ContainerRequest, on roots: HostRoots) throws
    {
        let attached = preparation.attached
        devices = attached.vfio.map {
            Attached(
                id: $0.id, host: "\($0.host)", group: $0.group, pciPath: "\($0.path)",
                guestAddress: $0.guestAddress)
        }
        for planned in preparation.plan.devices {
            switch planned.device {
            case .usb(let usb):
                devices += usb.map { Attached(id: planned.id, host: "\($0)", pciPath: "\(planned.path)") }
            case .block(let disk) where disk.isHostDevice:
                devices.append(Attached(id: planned.id, host: disk.path, pciPath: "\(planned.path)"))
            default: break
            }
        }
        writes = preparation.devices.vfio.writes.map { Write(path: $0.path, text: $0.text) }
        let memory = LockedMemory(preparation.plan)
        lockedMemory = memory.required
        do {
            lockedMemoryBy = "\(try memory.decision(on: roots))"
        } catch {
            lockedMemoryBy = "\(error)"
        }
        specDifference = try SpecDifference(from: request.spec, to: preparation.request.spec).lines
        warnings = preparation.warnings
    }
}

extension DevicePlanReport: CustomStringConvertible {
    /// Sections of lines; a section with nothing in it says so.
    package var description: String {
        func section(_ title: String, _ lines: [String]) -> String {
            "\(title):\n" + (lines.isEmpty ? ["none"] : lines).map { "  \($0)" }.joined(separator: "\n")
        }
        return [
            section("devices", devices.map(\.line)),
            section("writes", writes.map { "'\($0.text == "\n" ? "\\n" : $0.text)' to \($0.path)" }),
            section("locked memory", lockedMemory == 0 ? [] : ["\(lockedMemory) bytes: \(lockedMemoryBy)"]),
            section("specification, by CDI", specDifference), section("warnings", warnings),
        ].joined(separator: "\n")
    }
}

extension DevicePlanReport.Attached {
    fileprivate var line: String {
        let group = group.map { " of iommu group \($0)" } ?? ""
        return
            "\(id): \(host)\(group) at \(pciPath), in the guest \(guestAddress ?? "where its firmware puts it")"
    }
}

extension LockedMemory.Decision: CustomStringConvertible {
    /// In words.
    package var description: String {
        switch self {
        case .inherit: "the limit is high enough"
        case .limit(let soft, _):
            "the shim sets the limit" + (soft == LockedMemory.unlimited ? " to none" : "")
        case .capability: "the monitor keeps CAP_IPC_LOCK"
        }
    }
}
