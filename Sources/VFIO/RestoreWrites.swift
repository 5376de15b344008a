extension PCIHost {
    /// What giving a function back writes when nothing goes wrong, in order; nothing for one that is as it was, that
    /// has gone, or that another driver took. Reads only.
    package func writes(toRestore record: BindingRecord) -> [PlannedWrite] {
        guard let function = try? function(record.address), function.vendor == record.vendor,
            function.device == record.device
        else { return [] }
        let writes = BindingWrites(roots, record)
        var planned: [PlannedWrite] = []
        var driver = function.driver
        var override = function.driverOverride
        func clearOverride() {
            if override != nil { planned.append(writes.setOverride(nil)) }
            override = nil
        }
        if driver == record.boundDriver, driver != record.originalDriver {
            clearOverride()
            planned.append(writes.unbind(from: record.boundDriver))
            driver = nil
        }
        if driver == nil, record.originalDriver != nil {
            clearOverride()
            planned.append(writes.probe)
            driver = record.originalDriver
        }
        guard driver == record.originalDriver else { return [] }
        if override != record.originalOverride { planned.append(writes.setOverride(record.originalOverride)) }
        return planned
    }
}
