import Configuration
import Foundation
import OCI
import SharedFilesystem

@testable import Sandbox

/// A bundle folder with a small `config.json`; removed when the test ends.
final class TestBundle {
    let path: String

    init(
        annotations: [String: String] = [:], capabilities: [String] = [],
        nodes: [(path: String, type: String, major: Int, minor: Int)] = []
    ) throws {
        path = NSTemporaryDirectory() + "bundle-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let seccomp: [String: Any] = [
            "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
        ]
        let devices = nodes.map {
            ["path": $0.path, "type": $0.type, "major": $0.major, "minor": $0.minor] as [String: Any]
        }
        let spec: [String: Any] = [
            "ociVersion": "1.2.0", "annotations": annotations,
            "process": [
                "args": ["true"], "cwd": "/", "user": ["uid": 0, "gid": 0],
                "capabilities": ["bounding": capabilities],
            ] as [String: Any],
            "root": ["path": "rootfs"], "linux": ["seccomp": seccomp, "devices": devices] as [String: Any],
        ]
        let data = try JSONSerialization.data(withJSONObject: spec)
        try data.write(to: URL(fileURLWithPath: "\(path)/config.json"))
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The request for the bundle's container `c1` under a configuration.
    func request(_ configuration: RuntimeConfiguration) throws -> ContainerRequest {
        try ContainerRequest(
            id: try ContainerID(parsing: "c1"), in: Bundle(path: path), rootfs: [],
            stdio: StdioPaths(stdin: "", stdout: "", stderr: "", terminal: false),
            configuration: configuration)
    }

    /// The repository's root, from where this file lies.
    static let repository = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
}
