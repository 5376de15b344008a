package import Hypervisor
import RuntimeErrors
import VFIO

/// Gives back to the host what nobody gives back any more: the devices of sandboxes that have ended, functions that
/// are set aside, those that were bound ahead of time, and orphans.
package struct DeviceRestore: Sendable {
    /// What is to be given back.
    package struct Wish: Sendable {
        /// These functions, whatever they are; none for all that ended sandboxes left and that is set aside.
        package var addresses: [HostPCIAddress]
        /// Without addresses: also everything that was bound ahead of time.
        package var includesPrebound: Bool
        /// Without addresses: also orphans, which are only named otherwise.
        package var includesOrphans: Bool
        /// Whether to say what would be written, and write nothing.
        package var isDryRun: Bool

        /// Makes a wish; see the properties.
        package init(
            addresses: [HostPCIAddress] = [], includesPrebound: Bool = false, includesOrphans: Bool = false,
            isDryRun: Bool = false
        ) {
            self.addresses = addresses
            self.includesPrebound = includesPrebound
            self.includesOrphans = includesOrphans
            self.isDryRun = isDryRun
        }
    }

    private let tools: DeviceTools

    /// See ``DeviceTools``.
    package init(_ tools: DeviceTools) {
        self.tools = tools
    }

    /// Gives back what is wished, each thing whatever becomes of others. What a living sandbox has is left alone.
    ///
    /// - Returns: whether nothing is left that should go back.
    package func run(_ wish: Wish) -> Bool {
        let isDone = wish.addresses.isEmpty ? runForAll(wish) : runForSome(wish)
        // A command that was killed may have left its locks.
        if !wish.isDryRun { _ = tools.binder().restore([]) }
        return isDone
    }

    private func runForAll(_ wish: Wish) -> Bool {
        let steps = RestoreSteps(tools, isDryRun: wish.isDryRun)
        var isDone = true
        for owner in steps.owners() {
            guard !owner.isAlive else {
                tools.say("\(owner.words) is running and keeps \(owner.groupWords)")
                continue
            }
            isDone = steps.replay(owner) && isDone
        }
        for entry in Quarantine(tools.roots).entries() { isDone = steps.giveBack(entry.record) && isDone }
        isDone = steps.finishInterfaces() && isDone
        for record in PreboundFunctions(tools.roots).records() {
            if wish.includesPrebound {
                isDone = steps.giveBack(record) && isDone
            } else {
                tools.say(
                    "\(record.address) stays on '\(record.boundDriver)': it was bound ahead of time; name it, or add --all"
                )
            }
        }
        for function in Ownership(tools.roots).orphans(tools.host) {
            guard !wish.includesOrphans else {
                isDone = steps.giveBack(orphan: function) && isDone
                continue
            }
            tools.say(
                "\(function.address) is an orphan: '\(function.driver ?? "")' has it by an override, and nobody owns it; "
                    + "name it, or add --orphans, to give it back")
            isDone = false
        }
        return isDone
    }

    private func runForSome(_ wish: Wish) -> Bool {
        let steps = RestoreSteps(tools, isDryRun: wish.isDryRun)
        var isDone = true
        for address in wish.addresses { isDone = giveBack(address, steps) && isDone }
        return isDone
    }

    private func giveBack(_ address: HostPCIAddress, _ steps: RestoreSteps) -> Bool {
        var group: Int?
        if let function = try? tools.host.function(address) { group = function.group }
        if let owner = steps.owners().first(where: { group.map($0.groups.contains) ?? false }) {
            guard !owner.isAlive else {
                tools.say("\(address) is left alone: \(owner.words) is running and has its group")
                return false
            }
            guard steps.replay(owner) else { return false }
        }
        if let entry = Quarantine(tools.roots).entry(address) {
            return steps.giveBack(entry.record) && steps.finishInterfaces()
        }
        if let record = PreboundFunctions(tools.roots).record(address) { return steps.giveBack(record) }
        let function: PCIFunction
        do throws(RuntimeError) { function = try tools.host.function(address) } catch {
            tools.say("\(error)")
            return false
        }
        let isPending = isPending(function)
        // One that has no driver may have been an orphan whose return was broken off.
        if Ownership(tools.roots).isOrphan(function) || (function.isBetweenDrivers && !isPending) {
            return steps.giveBack(orphan: function)
        }
        guard function.isOnVFIO, let driver = function.driver else {
            tools.say(
                "\(address) needs nothing: "
                    + (function.driver.map { "'\($0)' has it" } ?? "no driver has it"))
            return true
        }
        // In a dry run what has just been said is not done.
        if isPending { return true }
        tools.say("\(address) is left alone: '\(driver)' has it, and not by an override; unbind it by hand")
        return false
    }

    /// Whether an ended sandbox still has the function's group, since nothing was written.
    private func isPending(_ function: PCIFunction) -> Bool {
        function.group.flatMap { GroupLocks.owner(of: $0, tools.roots) } != nil
    }
}
