import Configuration
import ContainerdProtocol
import Linux
import OCI
import RuntimeErrors
import SharedFilesystem
import Sandbox

extension ContainerRequest {
    /// Reads what a Create call names: the bundle's `config.json` and the configuration.
    ///
    /// - Throws: `invalidArgument` or `notFound` naming the file and the field.
    init(_ request: CreateTaskRequest) throws {
        let options = try RuntimeOptions(any: request.hasOptions ? request.options : nil)
        try self.init(
            id: try ContainerID(parsing: request.id), in: Bundle(path: request.bundle),
            rootfs: request.rootfs.map {
                RootfsMount(type: $0.type, source: $0.source, target: $0.target, options: $0.options)
            },
            stdio: StdioPaths(
                stdin: request.stdin, stdout: request.stdout, stderr: request.stderr,
                terminal: request.terminal),
            configuration: try loadConfiguration(options))
    }
}
