import Hypervisor
package import RuntimeErrors
package import VFIO

/// Binds functions to a VFIO driver ahead of time, by the rules that hold for pods. What they were before is noted, so
/// that they can be given back; their groups are free for pods.
package struct DeviceBinding: Sendable {
    private let tools: DeviceTools

    /// See ``DeviceTools``.
    package init(_ tools: DeviceTools) {
        self.tools = tools
    }

    /// Binds what is asked for, with the companions of its slots; nothing if any of it can't be had. What is bound
    /// already is left as it is.
    ///
    /// - Parameter dryRun: whether to say what would be written, and write nothing.
    /// - Throws: `RuntimeError` of ``Preflight`` and ``Binder``; everything is put back then.
    package func run(_ requests: [VFIORequest], dryRun: Bool = false) throws(RuntimeError) {
        let host = tools.host
        var plan = try Preflight(host).plan(requests, access: try VFIOSupport(host).usable())
        for warning in plan.warnings { tools.say("warning: \(warning)") }
        for device in plan.devices { tellWhatStays(device) }
        // The groups of what is bound already may have an owner by now.
        let groups = Set(plan.bindings.map(\.group))
        plan.devices.removeAll { !groups.contains($0.group) }
        guard !plan.bindings.isEmpty else { return }
        if dryRun {
            for write in plan.writes { tools.say(write.shellLine) }
            return
        }
        try bind(plan)
        for record in plan.bindings {
            tools.say(
                "\(record.address) is on '\(record.boundDriver)' now; 'swiftlet devices restore \(record.address)' "
                    + "gives it back")
        }
    }

    private func tellWhatStays(_ device: ResolvedDevice) {
        guard let function = device.function else { return }
        if !device.isRequested {
            tools.say("\(function.address) comes along: it is in the same slot and group")
        }
        guard let driver = function.driver else { return }
        if function.isOnVFIO { tools.say("\(function.address) is on '\(driver)' already") }
        if function.isVendorVGPU {
            tools.say("\(function.address) keeps '\(driver)', which passes it on as a vGPU")
        }
    }

    private func bind(_ plan: BindingPlan) throws(RuntimeError) {
        let notes = PreboundFunctions(tools.roots)
        let binder = tools.binder()
        var added: [BindingRecord] = []
        do throws(RuntimeError) {
            _ = try binder.bind(plan) { record in
                guard !isUnfinished(notes.record(record.address), record) else { return }
                try notes.add(record)
                added.append(record)
            }
            binder.letGo()
        } catch {
            for record in added where hasCome(back: record) { notes.remove(record.address) }
            throw error
        }
    }

    /// Whether `note` is of a bind that was killed on its way, so that it and not `record` says what the function was.
    private func isUnfinished(_ note: BindingRecord?, _ record: BindingRecord) -> Bool {
        guard let note, note.vendor == record.vendor, note.device == record.device else { return false }
        return record.originalOverride == note.boundDriver
    }

    /// Whether nothing of a binding is left.
    private func hasCome(back record: BindingRecord) -> Bool {
        guard let function = try? tools.host.function(record.address) else { return true }
        return function.driver == record.originalDriver && function.driverOverride == record.originalOverride
    }
}
