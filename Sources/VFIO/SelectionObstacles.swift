import RuntimeErrors

extension Selection {
    /// All that stands against the devices: what the host does with them, those that are set aside, and members of
    /// their groups that nobody asked for. None if a pod may have them.
    ///
    /// - Throws: `RuntimeError` when that can't be told.
    func obstacles(_ use: HostUse, _ quarantine: Quarantine) throws(RuntimeError) -> [String] {
        var reasons: [String] = []
        for device in devices {
            guard case .function(let function) = device.kind else { continue }
            if let entry = quarantine.entry(function.address), !entry.isOver(function) {
                reasons.append(
                    "\(function.address) is set aside (\(entry.reason)), see 'swiftlet devices restore'")
            }
            if function.currentVGPUType == 0, function.isVirtualFunction {
                reasons.append("\(function.address) has no vgpu type set, see 'nvidia/creatable_vgpu_types'")
            }
            for reason in try use.reasons(function) { reasons.append("\(function.address) \(reason)") }
        }
        return reasons + (try mates())
    }
}
