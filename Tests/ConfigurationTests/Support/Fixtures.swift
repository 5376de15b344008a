import Configuration
import Foundation
import RuntimeErrors
import Testing

/// A folder that is removed when the test ends.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "configuration-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file and returns its path.
    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        let file = "\(path)/\(name)"
        let folder = (file as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        return file
    }
}

/// The configuration that texts amount to; they are called `1.toml`, `2.toml`, ….
func configuration(_ texts: String...) throws -> RuntimeConfiguration {
    try RuntimeConfiguration(
        texts: texts.enumerated().map { ConfigurationText(name: "\($0.offset + 1).toml", text: $0.element) })
}

/// The message of the error that `body` throws.
func message(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "no error"
    } catch let error as RuntimeError {
        return error.code == .invalidArgument ? error.message : "\(error.code): \(error.message)"
    } catch {
        return "foreign error: \(error)"
    }
}

/// What is wrong with texts, without the message's frame.
func faults(_ texts: String...) -> String {
    let text = message {
        _ = try RuntimeConfiguration(
            texts: texts.enumerated().map {
                ConfigurationText(name: "\($0.offset + 1).toml", text: $0.element)
            })
    }
    let frame = "can't use the configuration: "
    return text.hasPrefix(frame) ? String(text.dropFirst(frame.count)) : text
}

extension RuntimeConfiguration {
    /// The part of QEMU, if that is the monitor.
    var qemu: QEMUConfiguration? {
        if case .qemu(let qemu) = hypervisor.monitor { return qemu }
        return nil
    }
}

/// The repository's root, from where this file lies.
let repository = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
