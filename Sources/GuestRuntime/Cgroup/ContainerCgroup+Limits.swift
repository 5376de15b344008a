package import RuntimeErrors

extension ContainerCgroup {
    /// Sets all limits of a plan but the rules for devices.
    ///
    /// - Throws: `failedPrecondition` if the kernel lacks the controller of a limit.
    package func apply(_ resources: ResourcePlan) throws(RuntimeError) {
        for file in resources.files() {
            if !has(file.name) {
                // "No limit" is what a missing controller means anyway.
                if file.optional || file.value == "max" { continue }
                throw RuntimeError(
                    .failedPrecondition,
                    "can't set '\(file.name)' to '\(file.value)': the guest's kernel has no such limit; leave it out"
                )
            }
            try write(file.value, to: file.name)
        }
    }
}
