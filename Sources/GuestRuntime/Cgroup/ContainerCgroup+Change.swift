extension ContainerCgroup {
    /// Sets the limits of a plan and does what belongs to it; when a part fails, all is as it was before.
    ///
    /// - Returns: what the rest has made, and a sentence for each limit that the guest can't have.
    package func change<T>(
        _ resources: ResourcePlan, _ rest: () throws -> T
    ) throws -> (T, warnings: [String]) {
        let files = try resources.files()
        let before = files.map { (name: $0.name, text: read($0.name) ?? "") }
        do {
            let warnings = try apply(resources)
            return (try rest(), warnings)
        } catch {
            for file in files where file.name == "io.max" {
                // A disk without limits is no line of this file.
                let device = file.value.prefix { $0 != " " }
                try? write("\(device) rbps=max wbps=max riops=max wiops=max\n", to: file.name)
            }
            for (name, text) in before.reversed() {
                // Some files take one line at a time; an empty one is how a processor set says "all".
                for line in text.isEmpty ? [""] : text.split(separator: "\n") {
                    try? write("\(line)\n", to: name)
                }
            }
            throw error
        }
    }
}
