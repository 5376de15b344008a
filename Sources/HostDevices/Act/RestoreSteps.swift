import OCI
import Hypervisor
import Linux
import PodNetwork
import RuntimeErrors
import Sandbox
import VFIO

/// What `restore` does with single things. Each says whether it is done.
struct RestoreSteps {
    /// Somebody who has groups by their locks.
    struct Owner {
        var key: String
        var groups: [Int]
        var isAlive: Bool
        /// The owner in a sentence.
        var words: String

        var groupWords: String {
            "iommu group\(groups.count == 1 ? "" : "s") \(groups.map(String.init).joined(separator: ", "))"
        }
    }

    private let tools: DeviceTools
    private let isDryRun: Bool

    init(_ tools: DeviceTools, isDryRun: Bool) {
        self.tools = tools
        self.isDryRun = isDryRun
    }

    /// The sandboxes that have groups.
    func owners() -> [Owner] {
        let ownership = Ownership(tools.roots)
        let groups = Dictionary(grouping: ownership.owners.keys.sorted()) { ownership.owners[$0] ?? "" }
        return groups.filter { $0.key != DeviceTools.owner }.sorted { $0.value[0] < $1.value[0] }.map {
            key, groups in
            Owner(
                key: key, groups: groups,
                isAlive: groups.contains { GroupLocks.isHeld($0, tools.roots) },
                words: ownership.entry(key).words)
        }
    }

    /// Gives back what the journal of a sandbox names that has ended, and its groups.
    func replay(_ owner: Owner) -> Bool {
        if hasProcesses(owner.key) {
            tools.say(
                "\(owner.words) has ended but for processes in its cgroup, and keeps \(owner.groupWords); "
                    + "run the shim's delete for it")
            return false
        }
        let entries: [JournalEntry]
        do {
            entries = own(try StateFolder(key: owner.key, in: tools.roots)?.journal.entries() ?? [], owner)
        } catch {
            tools.say("\(owner.words) has ended and keeps \(owner.groupWords): \(error)")
            return false
        }
        tools.say("\(owner.words) has ended; giving back \(owner.groupWords)")
        if isDryRun {
            for entry in entries.reversed() {
                guard case .binding(let record) = entry else { continue }
                sayWrites(tools.host.writes(toRestore: record))
            }
            return true
        }
        return tell(
            DeviceReturn(tools.roots, owner: owner.key, writer: tools.writer, limits: tools.limits).run(
                entries))
    }

    /// Ends what is left of sandboxes whose functions came back later than their shims waited: their interfaces go to
    /// their pods.
    func finishInterfaces() -> Bool {
        let owners = Set(Ownership(tools.roots).owners.values)
        var isDone = true
        for key in ((try? SysfsReader().entries(tools.roots.run)) ?? []).sorted() {
            guard !owners.contains(key), let folder = StateFolder(key: key, in: tools.roots),
                let sandbox = folder.sandbox, let entries = try? folder.journal.entries(),
                entries.contains(where: { if case .endpoint = $0 { true } else { false } }),
                !hasProcesses(key)
            else { continue }
            tools.say("sandbox '\(printable(sandbox.id.rawValue))' has ended; putting its interfaces back")
            guard !isDryRun else { continue }
            do {
                isDone =
                    tell(
                        try SandboxCleanup(
                            of: sandbox, roots: tools.roots, writer: tools.writer, limits: tools.limits
                        ).run()) && isDone
            } catch {
                tools.say("\(error)")
                isDone = false
            }
        }
        return isDone
    }

    /// Whether a process of the sandbox is left. The kernel keeps a function that a monitor has open.
    private func hasProcesses(_ key: String) -> Bool {
        guard StateFolder(key: key, in: tools.roots) != nil,
            let hierarchy = try? CgroupHierarchy.find(root: "\(tools.roots.sys)/fs/cgroup")
        else { return false }
        let patience = isDryRun ? Duration.zero : .seconds(3)
        return (try? SandboxCgroup(key, in: hierarchy).waitUntilEmpty(patience)) == false
    }

    /// The entries about devices but for those whose group is somebody else's by now.
    private func own(_ entries: [JournalEntry], _ owner: Owner) -> [JournalEntry] {
        var foreign: Set<HostPCIAddress> = []
        for case .binding(let record) in entries {
            if !owner.groups.contains(record.group) { foreign.insert(record.address) }
        }
        return entries.filter { entry in
            switch entry {
            case .binding(let record): !foreign.contains(record.address)
            case .endpoint(let endpoint): !foreign.contains(endpoint.function)
            case .cgroup: false
            }
        }
    }

    /// Gives back a function that is set aside or was bound ahead of time.
    func giveBack(_ record: BindingRecord) -> Bool {
        if isDryRun {
            sayWrites(tools.host.writes(toRestore: record))
            return true
        }
        let report = tools.binder().restore([record])
        guard tell(report) else { return false }
        PreboundFunctions(tools.roots).remove(record.address)
        if report.warnings.isEmpty { tellDriver(record.address) }
        return true
    }

    /// Gives back an orphan.
    func giveBack(orphan function: PCIFunction) -> Bool {
        if isDryRun {
            sayWrites(tools.host.writes(toGiveBackOrphan: function))
            return true
        }
        do throws(RuntimeError) {
            _ = try tools.binder().giveBack(orphan: function.address)
        } catch {
            tools.say("\(error)")
            return false
        }
        tellDriver(function.address)
        return true
    }

    private func tell(_ report: RestoreReport) -> Bool {
        for warning in report.warnings { tools.say("warning: \(warning)") }
        for failure in report.failures { tools.say("\(failure.error)") }
        return report.failures.isEmpty
    }

    private func tellDriver(_ address: HostPCIAddress) {
        let driver = (try? tools.host.function(address))?.driver
        tools.say("\(address) is given back: " + (driver.map { "'\($0)' has it" } ?? "no driver has it"))
    }

    private func sayWrites(_ writes: [PlannedWrite]) {
        for write in writes { tools.say(write.shellLine) }
    }
}
