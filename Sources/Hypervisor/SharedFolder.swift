/// A virtio-fs share, served by a vhost-user daemon.
package struct SharedFolder: Codable, Sendable, Equatable {
    /// The name by which the guest mounts it, 1 to 36 bytes.
    package var tag: String
    /// The daemon's listening socket. A monitor that can is handed a connection, else it connects by itself.
    package var socketPath: String
    /// The length of the request queue, a power of two.
    package var queueSize: Int

    /// The tag that Kata's agent expects for the sandbox's share.
    package static let sandboxTag = "kataShared"

    /// Makes a share.
    package init(tag: String = sandboxTag, socketPath: String, queueSize: Int = 1024) {
        self.tag = tag
        self.socketPath = socketPath
        self.queueSize = queueSize
    }
}
