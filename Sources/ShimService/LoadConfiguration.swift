import Configuration
import ContainerdProtocol
import Glibc

/// The configuration that a task's options, or else the environment, name.
func loadConfiguration(_ options: RuntimeOptions) throws -> RuntimeConfiguration {
    var environment: [String: String] = [:]
    if let value = getenv("SWIFTLET_CONF_FILE") { environment["SWIFTLET_CONF_FILE"] = String(cString: value) }
    return try ConfigurationLoader().load(
        path: options.configPath, body: String(decoding: options.configBody, as: UTF8.self),
        environment: environment)
}
