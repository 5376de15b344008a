import Glibc
package import Linux
import OCI
package import RuntimeErrors

/// The devices that the CDI files of some folders name, as they were when it was made.
///
/// CDI specification, "Spec files": a later folder's device replaces that of an earlier one; two files of one folder
/// that name the same device make that device unknown. A file that can't be used is a problem, and the others count.
package struct Registry: Sendable {
    /// Where was looked, the last with the last word.
    package let folders: [String]
    /// The files that were read, in that order.
    package let files: [String]
    package let problems: [FileProblem]

    private let devices: [DeviceName: Entry]

    private struct Entry: Sendable {
        var file: SpecFile
        var edits: ContainerEdits
        /// Another file of the same folder that names the device.
        var rival: String?
    }

    /// Reads folders; those that are not there count as empty.
    ///
    /// - Parameter owners: the users whose files are trusted: root's and this process's unless said otherwise.
    package init(folders: [String], owners: Set<UInt32> = [0, geteuid()]) {
        var devices: [DeviceName: Entry] = [:]
        var files: [String] = []
        var problems: [FileProblem] = []
        for folder in folders {
            let read = SpecFolder(folder, owners: owners)
            problems += read.problems
            files += read.files.map(\.path)
            for (name, entry) in Self.entries(read.files, &problems) { devices[name] = entry }
        }
        self.folders = folders
        self.files = files
        self.problems = problems
        self.devices = devices
    }

    /// The devices of a host.
    package static func load(_ roots: HostRoots) -> Registry { Registry(folders: roots.cdi) }

    private static func entries(
        _ files: [SpecFile], _ problems: inout [FileProblem]
    ) -> [DeviceName: Entry] {
        var entries: [DeviceName: Entry] = [:]
        for file in files {
            for device in file.devices {
                guard let name = DeviceName("\(file.kind)=\(device.name)") else { continue }
                guard let other = entries[name]?.file.path else {
                    entries[name] = Entry(file: file, edits: device.edits)
                    continue
                }
                entries[name]?.rival = file.path
                problems.append(
                    FileProblem(file.path, "device '\(name)' is in '\(other)' too; neither counts"))
                problems.append(
                    FileProblem(other, "device '\(name)' is in '\(file.path)' too; neither counts"))
            }
        }
        return entries
    }

    /// The devices that can be asked for, sorted.
    package var names: [DeviceName] {
        devices.filter { $0.value.rival == nil }.keys.sorted { $0.description < $1.description }
    }

    /// The edits of devices in the order in which they are applied: at the first device of a file what that file has
    /// for all, then the device's own.
    ///
    /// - Throws: `RuntimeError` with `.notFound`, with every name that is not known and where was looked.
    package func resolve(_ names: [DeviceName]) throws(RuntimeError) -> [FileEdits] {
        var unknown: [DeviceName] = []
        var result: [FileEdits] = []
        var used: Set<String> = []
        for name in names {
            guard let entry = devices[name], entry.rival == nil else {
                if !unknown.contains(name) { unknown.append(name) }
                continue
            }
            if used.insert(entry.file.path).inserted, !entry.file.edits.isEmpty {
                result.append(FileEdits(file: entry.file.path, device: nil, edits: entry.file.edits))
            }
            result.append(FileEdits(file: entry.file.path, device: name, edits: entry.edits))
        }
        guard unknown.isEmpty else { throw unresolved(unknown) }
        return result
    }

    private func unresolved(_ names: [DeviceName]) -> RuntimeError {
        var text =
            "can't find the CDI devices \(names.map { excerpt($0.description) }.joined(separator: ", ")): "
        text += "looked in \(folders.map { "'\($0)'" }.joined(separator: ", "))"
        text +=
            files.isEmpty
            ? ", where no file could be read"
            : ", read \(FileProblem.list(files.map { excerpt($0, limit: 200) }))"
        if !problems.isEmpty {
            text += "; problems: " + FileProblem.list(problems.map(\.description))
        }
        return RuntimeError(.notFound, text + "; name a device that one of the files has, or add a file")
    }
}

/// What one file has for a container.
package struct FileEdits: Sendable, Equatable {
    package let file: String
    /// nil is what the file has for all its devices.
    package let device: DeviceName?
    package let edits: ContainerEdits
}
