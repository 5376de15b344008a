import CMessageDigest
package import OCI

/// Who a sandbox is: container ids are unique only within one namespace of one containerd.
package struct SandboxName: Hashable, Sendable {
    /// The socket of the containerd that owns the sandbox (`-address`).
    package let containerdAddress: String
    /// containerd's namespace.
    package let namespace: String
    /// The sandbox's id: that of its first container.
    package let id: ContainerID
    /// The first 32 hexadecimal digits of SHA-256 over the three, each ended by a newline.
    ///
    /// Used wherever a short name is needed: state folder, cgroup, vsock group.
    package let key: String

    /// Makes an identity of the three names that are unique together.
    package init(containerdAddress: String, namespace: String, id: ContainerID) {
        self.containerdAddress = containerdAddress
        self.namespace = namespace
        self.id = id
        self.key = String(
            sha256Hexadecimal("\(containerdAddress)\n\(namespace)\n\(id.rawValue)\n").prefix(32))
    }
}

/// The SHA-256 of a string's UTF-8 bytes, as 64 lower-case hexadecimal digits (FIPS 180-4).
package func sha256Hexadecimal(_ text: String) -> String {
    var context = SHA2_CTX()
    SHA256Init(&context)
    let bytes = Array(text.utf8)
    SHA256Update(&context, bytes, bytes.count)
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    SHA256Final(&digest, &context)
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in digest {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
}
