import Foundation
import Glibc
import Hypervisor

/// A plan whose every path exists, in a folder of its own.
struct MonitorFixture: Sendable {
    let folder: TestFolder
    var plan: VMPlan

    init(_ fixture: PlanFixture = .minimal, executable: String) throws {
        folder = try TestFolder()
        let root = folder.path
        plan = try fixture.make(root)
        plan.executable = executable
        try FileManager.default.createDirectory(
            atPath: plan.qemu.emptyRoot ?? root + "/empty", withIntermediateDirectories: true)
    }

    /// Takes out the devices for which `isWanted` is false.
    mutating func keep(_ isWanted: (PlannedDevice) -> Bool) {
        plan.devices = plan.devices.filter(isWanted)
    }

    /// A plan for a monitor that needs no daemon.
    static func withoutDaemons(_ fixture: PlanFixture = .minimal, executable: String) throws -> MonitorFixture
    {
        var made = try MonitorFixture(fixture, executable: executable)
        made.keep { planned in
            switch planned.device {
            case .share, .vsock: false
            default: true
            }
        }
        return made
    }

    /// What the folder holds now.
    var files: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    }
}

/// Whether a process with this pid exists, be it a zombie.
func exists(_ pid: pid_t) -> Bool {
    kill(pid, 0) == 0
}

/// The names and targets of a process's descriptors.
func descriptors(of pid: pid_t) -> [String: String] {
    let folder = "/proc/\(pid)/fd"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return Dictionary(
        uniqueKeysWithValues: names.map {
            ($0, (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")) ?? "")
        })
}
