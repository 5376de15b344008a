import OCI

/// Reads container edits, and refuses those that came with a later version than the file declares.
struct EditsDecoder {
    let version: SpecVersion

    func require(_ least: SpecVersion, _ field: Field, _ what: String) throws(FileProblem) {
        guard version >= least else {
            throw field.problem(
                "\(what), which needs cdiVersion \(least.rawValue); the file has \(version.rawValue)")
        }
    }

    /// Checks annotations, which say something about a file or device and change nothing.
    func checkAnnotations(_ field: Field?) throws(FileProblem) {
        guard let field else { return }
        for (_, value) in try field.map() { _ = try value.text(limit: 262_144) }
        try require(.v0_6, field, "is there")
    }

    func edits(_ field: Field) throws(FileProblem) -> ContainerEdits {
        let fields = try field.fields([
            "env", "deviceNodes", "mounts", "hooks", "additionalGids", "intelRdt", "netDevices",
        ])
        var edits = ContainerEdits()
        if let env = fields["env"] { edits.env = try environment(env) }
        for node in try fields["deviceNodes"]?.list() ?? [] { edits.deviceNodes.append(try deviceNode(node)) }
        for mount in try fields["mounts"]?.list() ?? [] { edits.mounts.append(try self.mount(mount)) }
        for hook in try fields["hooks"]?.list() ?? [] { edits.hooks.append(try self.hook(hook)) }
        if let groups = fields["additionalGids"] {
            try require(.v0_7, groups, "is there")
            for group in try groups.list() { edits.additionalGids.append(try group.number(0...UInt32.max)) }
        }
        if let rdt = fields["intelRdt"] { edits.intelRdt = try intelRdt(rdt) }
        if let devices = fields["netDevices"] {
            try require(.v1_1, devices, "is there")
            edits.netDevices = try netDevices(devices)
        }
        return edits
    }

    private func environment(_ field: Field) throws(FileProblem) -> [String] {
        for entry in try field.list() {
            let text = try entry.text(limit: 131_072)
            guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")), equals > text.startIndex else {
                throw entry.problem("is no entry NAME=value")
            }
        }
        return try field.texts()
    }

    private func deviceNode(_ field: Field) throws(FileProblem) -> DeviceNodeEdit {
        let fields = try field.fields([
            "path", "hostPath", "type", "major", "minor", "fileMode", "permissions", "uid", "gid",
        ])
        var node = DeviceNodeEdit(path: try field.required("path", fields).absolutePath())
        if let hostPath = fields["hostPath"] {
            try require(.v0_5, hostPath, "is there")
            node.hostPath = try hostPath.absolutePath()
        }
        if let type = fields["type"] {
            let text = try type.text()
            guard ["", "b", "c", "u", "p"].contains(text) else {
                throw type.problem("is \(excerpt(text)), not b, c, u or p")
            }
            node.type = text.isEmpty ? nil : text
        }
        // As wide as the kernel's device numbers.
        node.major = try fields["major"]?.number(0...4095) ?? 0
        node.minor = try fields["minor"]?.number(0...1_048_575) ?? 0
        node.fileMode = try fields["fileMode"]?.number(0...0o7777)
        node.uid = try fields["uid"]?.number(0...UInt32.max)
        node.gid = try fields["gid"]?.number(0...UInt32.max)
        if let permissions = fields["permissions"] { node.permissions = try self.permissions(permissions) }
        return node
    }

    private func permissions(_ field: Field) throws(FileProblem) -> DeviceNodeEdit.Permissions {
        let text = try field.text()
        if text == "none" { return .none }
        guard text.utf8.count <= 3, text.allSatisfy({ "rwm".contains($0) }) else {
            throw field.problem("is \(excerpt(text)), not letters of rwm or none")
        }
        return .some(text.isEmpty ? "rwm" : text)
    }

    private func mount(_ field: Field) throws(FileProblem) -> Mount {
        let fields = try field.fields(["hostPath", "containerPath", "options", "type"])
        let source = try field.required("hostPath", fields).text(limit: 4095)
        let destination = try field.required("containerPath", fields).absolutePath()
        guard !source.isEmpty else { throw try field.required("hostPath", fields).problem("is empty") }
        var mount = Mount(destination: destination, source: source)
        mount.options = try fields["options"]?.texts() ?? []
        if let type = fields["type"] {
            mount.type = try type.text()
            if !mount.type.isEmpty { try require(.v0_4, type, "is there") }
        }
        // What is bound must be one place of the host; another source may be any word, such as `tmpfs`.
        if mount.isBind { _ = try field.required("hostPath", fields).absolutePath() }
        return mount
    }

    private func hook(_ field: Field) throws(FileProblem) -> HookEdit {
        let fields = try field.fields(["hookName", "path", "args", "env", "timeout"])
        let nameField = try field.required("hookName", fields)
        let name = try nameField.text()
        guard Hooks().lists.contains(where: { $0.name == name }) else {
            throw nameField.problem("is \(excerpt(name)), not a point of a container's life")
        }
        let path = try field.required("path", fields).text(limit: 4095)
        guard !path.isEmpty else { throw field.problem("has an empty path") }
        var hook = Hook(path: path)
        hook.args = try fields["args"]?.texts() ?? []
        if let env = fields["env"] { hook.env = try environment(env) }
        hook.timeout = try fields["timeout"]?.number(0...Int(Int32.max))
        return HookEdit(name: name, hook: hook)
    }

    private func intelRdt(_ field: Field) throws(FileProblem) -> IntelRdt {
        try require(.v0_7, field, "is there")
        let fields = try field.fields([
            "closID", "l3CacheSchema", "memBwSchema", "schemata", "enableMonitoring", "enableCMT",
            "enableMBM",
        ])
        var rdt = IntelRdt()
        if let closID = fields["closID"] {
            rdt.closID = try closID.text(limit: 4095)
            // It becomes the name of a folder.
            guard rdt.closID != ".", rdt.closID != "..",
                !rdt.closID.unicodeScalars.contains(where: { $0 == "/" || $0.properties.isWhitespace })
            else { throw closID.problem("is no name of a folder") }
        }
        rdt.l3CacheSchema = try fields["l3CacheSchema"]?.text() ?? ""
        rdt.memBwSchema = try fields["memBwSchema"]?.text() ?? ""
        for name in ["schemata", "enableMonitoring"] {
            if let field = fields[name] { try require(.v1_1, field, "is there") }
        }
        rdt.schemata = try fields["schemata"]?.texts() ?? []
        rdt.enableMonitoring = try fields["enableMonitoring"]?.flag() ?? false
        for name in ["enableCMT", "enableMBM"] {
            if let field = fields[name], version >= .v1_1 {
                throw field.problem("is not known since cdiVersion 1.1.0")
            }
        }
        rdt.enableCMT = try fields["enableCMT"]?.flag() ?? false
        rdt.enableMBM = try fields["enableMBM"]?.flag() ?? false
        return rdt
    }

    private func netDevices(_ field: Field) throws(FileProblem) -> [NetDeviceEdit] {
        var devices: [NetDeviceEdit] = []
        for item in try field.list() {
            let fields = try item.fields(["hostInterfaceName", "name"])
            let device = NetDeviceEdit(
                hostInterfaceName: try interface(item.required("hostInterfaceName", fields)),
                name: try interface(item.required("name", fields)))
            guard
                !devices.contains(where: {
                    $0.hostInterfaceName == device.hostInterfaceName || $0.name == device.name
                })
            else { throw item.problem("names an interface for the second time") }
            devices.append(device)
        }
        return devices
    }

    /// A name that an interface may have (the kernel's dev_valid_name).
    private func interface(_ field: Field) throws(FileProblem) -> String {
        let name = try field.text()
        guard (1...15).contains(name.utf8.count), name != ".", name != "..",
            !name.unicodeScalars.contains(where: { $0 == "/" || $0 == ":" || $0.properties.isWhitespace })
        else { throw field.problem("is \(excerpt(name)), no name of an interface") }
        return name
    }
}
