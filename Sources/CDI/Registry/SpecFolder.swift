import Glibc
import Linux
import OCI

/// The CDI files directly in one folder: those that can be used, by name, and what is wrong with the others.
struct SpecFolder {
    private(set) var files: [SpecFile] = []
    private(set) var problems: [FileProblem] = []

    /// Reads a folder; one that is not there is empty.
    init(_ path: String, owners: Set<UInt32>) {
        do throws(Errno) {
            let folder = try openDescriptor(path, flags: O_RDONLY | O_DIRECTORY)
            // Whoever can write there can put a file of another purpose in, whoever owns it.
            if let flaw = try Self.flaw(FileStatus(of: folder.raw), owners) {
                problems.append(FileProblem(path, "\(flaw), so nothing in it counts"))
                return
            }
            let names = try folderEntries(of: folder.raw).map(\.name).filter(Self.isSpec).sorted()
            if names.count > CDILimits.files {
                problems.append(
                    FileProblem(path, "it has more than \(CDILimits.files) files; the others do not count"))
            }
            for name in names.prefix(CDILimits.files) {
                read(name, of: folder.raw, at: "\(path)/\(name)", owners)
            }
        } catch .ENOENT {
            return
        } catch {
            problems.append(FileProblem(path, "can't be read: \(error)"))
        }
    }

    private static func isSpec(_ name: String) -> Bool { name.hasSuffix(".json") || name.hasSuffix(".yaml") }

    private mutating func read(_ name: String, of folder: CInt, at path: String, _ owners: Set<UInt32>) {
        do throws(FileProblem) {
            guard let bytes = try Self.bytes(name, of: folder, at: path, owners) else { return }
            files.append(try SpecFile(path: path, bytes: bytes))
        } catch {
            problems.append(error)
        }
    }

    /// What a file holds; nil when it is gone meanwhile. It is opened once, and what is checked is what was opened.
    private static func bytes(
        _ name: String, of folder: CInt, at path: String, _ owners: Set<UInt32>
    ) throws(FileProblem) -> [UInt8]? {
        let status: FileStatus
        do throws(Errno) {
            // Not blocking: the name may be a FIFO's.
            let file = try openDescriptor(name, in: folder, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
            status = try FileStatus(of: file.raw)
            if status.kind == .file, flaw(status, owners) == nil {
                return try readAll(file.raw, limit: CDILimits.document.size)
            }
        } catch {
            switch error {
            case .ENOENT: return nil
            case .ELOOP: throw FileProblem(path, "it is a symbolic link, not a file")
            case Errno(rawValue: EMSGSIZE):
                throw FileProblem(path, "it has more than \(CDILimits.document.size) bytes")
            default: throw FileProblem(path, "can't be read: \(error)")
            }
        }
        throw FileProblem(
            path, flaw(status, owners) ?? "it is a \(status.kind.rawValue), not a regular file")
    }

    /// Why what a file says is not to be trusted.
    private static func flaw(_ status: FileStatus, _ owners: Set<UInt32>) -> String? {
        if !owners.contains(status.uid) { return "it belongs to user \(status.uid), not to root" }
        return status.permissions & 0o022 == 0 ? nil : "others than its owner can write to it"
    }
}
