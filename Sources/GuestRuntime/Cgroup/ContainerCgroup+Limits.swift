package import RuntimeErrors

extension ContainerCgroup {
    /// Sets all limits of a plan but the rules for devices.
    ///
    /// - Returns: a sentence for each limit that the guest can't have, where that is no reason to fail.
    /// - Throws: `failedPrecondition` if the kernel lacks the controller of a limit, or more memory is in use than
    ///   the new limit and the plan forbids that.
    package func apply(_ resources: ResourcePlan) throws(RuntimeError) -> [String] {
        let files = try resources.files()
        if resources.checksMemoryUse { try checkMemoryUse(below: resources.memoryLimit ?? -1) }
        var warnings: [String] = []
        for file in files {
            do throws(RuntimeError) {
                try set(file)
            } catch {
                guard file.isAdvice else { throw error }
                warnings.append("\(error)")
            }
        }
        return warnings
    }

    private func set(_ file: ControlFile) throws(RuntimeError) {
        guard has(file.name) else {
            // "No limit" is what a missing controller means anyway; and of what the guest lacks nothing can be had.
            if file.value == "max" || file.value == "0" { return }
            throw RuntimeError(
                .failedPrecondition,
                "can't set '\(file.name)' to '\(file.value)': the guest's kernel has no such limit; leave it out"
            )
        }
        try write(file.value, to: file.name)
    }

    private func checkMemoryUse(below limit: Int64) throws(RuntimeError) {
        guard let limit = UInt64(exactly: limit), let use = value("memory.current"), use > limit else {
            return
        }
        throw RuntimeError(
            .failedPrecondition,
            "can't limit the container's memory to \(limit) bytes: \(use) are in use; give more, or leave 'checkBeforeUpdate' out"
        )
    }
}
