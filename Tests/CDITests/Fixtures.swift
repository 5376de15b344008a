import CDI
import Glibc
import Linux
import OCI

/// A host's CDI folders below a folder of its own, removed with all that is in it.
final class CDIHost {
    let roots: HostRoots

    init() throws {
        var template = Array("/tmp/swiftlet-cdi-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Errno.current }
        roots = HostRoots(
            prefix: String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
        for folder in ["etc", "etc/cdi", "var", "var/run", "var/run/cdi", "dev"] {
            try checkedErrno { mkdir("\(roots.prefix)/\(folder)", 0o755) }
        }
    }

    /// Writes a file below the root and returns its path.
    @discardableResult
    func file(_ name: String, _ text: String, mode: mode_t = 0o644) throws -> String {
        let path = "\(roots.prefix)/\(name)"
        let file = try openDescriptor(path, flags: O_CREAT | O_WRONLY | O_TRUNC, mode: 0o600)
        try writeAll([UInt8](text.utf8), to: file.raw)
        try checkedErrno { fchmod(file.raw, mode) }
        return path
    }

    /// Writes a file with one device `name` of the kind `nvidia.com/gpu` that sets an environment entry.
    @discardableResult
    func device(_ file: String, _ name: String, env: String = "A=b") throws -> String {
        try self.file(file, spec(#"{"env":["\#(env)"]}"#, name: name))
    }

    var registry: Registry { Registry.load(roots) }

    /// What the edits of one device make of a specification.
    func inject(
        _ edits: String, file: String = "{}", into spec: inout Spec
    ) throws -> InjectionReport {
        try self.file("etc/cdi/a.json", CDITests.spec(edits, file: file))
        guard let name = DeviceName("nvidia.com/gpu=x") else { return InjectionReport() }
        return try Injection(registry, roots: roots).inject([name], into: &spec)
    }

    deinit {
        for name in ["etc/cdi", "var/run/cdi", "dev"] {
            let folder = "\(roots.prefix)/\(name)"
            if let open = try? openDescriptor(folder, flags: O_RDONLY | O_DIRECTORY) {
                for entry in (try? folderEntries(of: open.raw)) ?? [] { unlink("\(folder)/\(entry.name)") }
            }
        }
        for name in ["etc/cdi", "etc", "var/run/cdi", "var/run", "var", "dev", ""] {
            rmdir("\(roots.prefix)/\(name)")
        }
    }
}

/// The text of a CDI file with one device.
func spec(
    _ edits: String, name: String = "x", version: String = "1.1.0", kind: String = "nvidia.com/gpu",
    file: String = "{}"
) -> String {
    #"{"cdiVersion":"\#(version)","kind":"\#(kind)","devices":[{"name":"\#(name)","containerEdits":\#(edits)}],"#
        + #""containerEdits":\#(file)}"#
}

/// Why a file is refused; nil when it is not.
func refusal(_ text: String) -> String? {
    do throws(FileProblem) {
        _ = try SpecFile(path: "f", bytes: [UInt8](text.utf8))
        return nil
    } catch {
        return error.reason
    }
}
