import RuntimeErrors

/// Checks of mounts, hooks and device nodes.
extension SpecValidator {
    func check(_ mounts: [Mount], at path: FieldPath) throws(RuntimeError) {
        try checkCount(mounts.count, path, limit: 4096)
        for (index, mount) in mounts.enumerated() {
            let place = path[index]
            try checkPath(mount.destination, place / "destination")
            try checkText(mount.type, place / "type", limit: 64)
            try checkText(mount.source, place / "source", limit: 4095)
            try checkCount(mount.options.count, place / "options", limit: 256)
            for (index, option) in mount.options.enumerated() {
                try checkText(option, (place / "options")[index], limit: 4096)
            }
            if mount.isBind, mount.source.isEmpty {
                throw invalid(place / "source", "is empty on a bind mount", "give the path to bind")
            }
            try check(mount.uidMappings, at: place / "uidMappings")
            try check(mount.gidMappings, at: place / "gidMappings")
        }
    }

    func check(_ mappings: [IDMapping], at path: FieldPath) throws(RuntimeError) {
        // The kernel takes 340 lines.
        try checkCount(mappings.count, path, limit: 340)
        for (index, mapping) in mappings.enumerated() {
            let isInRange = [mapping.containerID, mapping.hostID].allSatisfy {
                !$0.addingReportingOverflow(mapping.size).overflow
            }
            guard isInRange, mapping.size > 0 else {
                throw invalid(path[index] / "size", "is \(mapping.size)", "give a range below 4294967296")
            }
        }
    }

    func check(_ hooks: Hooks, at path: FieldPath) throws(RuntimeError) {
        for (name, list) in hooks.lists {
            try checkCount(list.count, path / name, limit: 256)
            for (index, hook) in list.enumerated() {
                let place = (path / name)[index]
                try checkPath(hook.path, place / "path")
                try checkCount(hook.args.count, place / "args", limit: 65_536)
                for (index, argument) in hook.args.enumerated() {
                    try checkText(argument, (place / "args")[index])
                }
                try checkEnvironment(hook.env, place / "env")
                if let timeout = hook.timeout, !(1...86_400).contains(timeout) {
                    throw invalid(place / "timeout", "is \(timeout)", "give 1 to 86400 seconds, or none")
                }
            }
        }
    }

    func check(_ devices: [DeviceNode], at path: FieldPath) throws(RuntimeError) {
        try checkCount(devices.count, path, limit: 4096)
        for (index, device) in devices.enumerated() {
            let place = path[index]
            try checkPath(device.path, place / "path")
            try checkWord(device.type, place / "type", ["b", "c", "u", "p"])
            if device.type != "p", device.major == nil || device.minor == nil {
                throw invalid(place, "has no major or no minor number", "give both")
            }
            try checkNumber(device.major, place / "major", -1, 4095)
            try checkNumber(device.minor, place / "minor", -1, 1_048_575)
            if let mode = device.fileMode, mode > 0o177_777 {
                throw invalid(place / "fileMode", "is \(mode)", "give the permission bits of a file")
            }
            for (name, id) in [("uid", device.uid), ("gid", device.gid)] where id == UInt32.max {
                throw invalid(place / name, "is 4294967295, which is no id", "give one below it")
            }
        }
    }

    func checkNumber(
        _ number: Int64?, _ path: FieldPath, _ lowest: Int64, _ highest: Int64
    ) throws(RuntimeError) {
        guard let number, !(lowest...highest).contains(number) else { return }
        throw invalid(path, "is \(number)", "give \(lowest) to \(highest)")
    }
}
