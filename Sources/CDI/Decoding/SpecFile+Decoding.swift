import OCI

extension SpecFile {
    /// Reads a CDI file, JSON or YAML, and refuses it as a whole for anything in it that is not as the specification
    /// has it.
    package init(path: String, bytes: [UInt8]) throws(FileProblem) {
        let node: YAMLNode
        do throws(YAMLReader.Refusal) {
            node = try YAMLReader.read(bytes, limits: CDILimits.document)
        } catch {
            throw FileProblem(path, error.reason)
        }
        let root = Field(path: FieldPath(), node: node, file: path)
        let fields = try root.fields(["cdiVersion", "kind", "annotations", "devices", "containerEdits"])
        let versionField = try root.required("cdiVersion", fields)
        let declared = try versionField.text()
        guard let version = SpecVersion(declared) else {
            throw versionField.problem("is \(excerpt(declared)), not a version from 0.1.0 to 1.1.0")
        }
        let decoder = EditsDecoder(version: version)
        let kindField = try root.required("kind", fields)
        let kind = try kindField.text(limit: 512)
        guard DeviceName.isKind(kind) else {
            throw kindField.problem("is \(excerpt(kind)), not vendor/class")
        }
        if kind.split(separator: "/").last?.contains(".") == true {
            try decoder.require(.v0_6, kindField, "has a dot in its class")
        }
        self.init(path: path, version: version, kind: kind)
        try decoder.checkAnnotations(fields["annotations"])
        if let field = fields["containerEdits"] { edits = try decoder.edits(field) }
        try readDevices(try root.required("devices", fields), decoder)
    }

    private mutating func readDevices(_ list: Field, _ decoder: EditsDecoder) throws(FileProblem) {
        var names: Set<String> = []
        for field in try list.list() {
            let fields = try field.fields(["name", "annotations", "containerEdits"])
            let nameField = try field.required("name", fields)
            let name = try nameField.text(limit: 512)
            guard DeviceName.isName(name) else {
                throw nameField.problem("is \(excerpt(name)), which is no name of a device")
            }
            if name.first?.isNumber == true { try decoder.require(.v0_5, nameField, "starts with a digit") }
            guard names.insert(name).inserted else {
                throw nameField.problem("is \(excerpt(name)) for the second time")
            }
            try decoder.checkAnnotations(fields["annotations"])
            let editsField = try field.required("containerEdits", fields)
            let edits = try decoder.edits(editsField)
            guard !edits.isEmpty else { throw editsField.problem("is empty") }
            devices.append(Device(name: name, edits: edits))
        }
        guard !devices.isEmpty else { throw list.problem("is empty") }
    }
}
