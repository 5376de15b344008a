import ContainerdProtocol
package import SwiftProtobuf

/// What `start` reads from standard input, in either of its dialects.
///
/// containerd up to 2.2 sends the runtime options as an Any, or nothing; later ones send BootstrapParams. The
/// two share their first field numbers, so that each decodes as the other: it is BootstrapParams only if it
/// names this very task.
package struct BootstrapInput: Sendable {
    /// The most that is read.
    package static let maximumBytes = 4 << 20

    /// Whether the caller sent BootstrapParams.
    package let isBootstrapParameters: Bool
    /// The runtime options, if there are any.
    package let options: Google_Protobuf_Any?
    /// containerd's ttrpc socket, if it was named here.
    package let ttrpcAddress: String?

    /// Reads the bytes of standard input.
    package init(_ bytes: [UInt8], id: String, namespace: String) {
        if let parameters = try? BootstrapParams(serializedBytes: bytes), !bytes.isEmpty,
            parameters.instanceID == id, parameters.namespace == namespace
        {
            isBootstrapParameters = true
            options = parameters.extensions.map(\.value).first {
                RuntimeOptions.isNamed(by: $0.typeURL)
            }
            ttrpcAddress = parameters.containerdTtrpcAddress.isEmpty ? nil : parameters.containerdTtrpcAddress
            return
        }
        isBootstrapParameters = false
        ttrpcAddress = nil
        options = bytes.isEmpty ? nil : try? Google_Protobuf_Any(serializedBytes: bytes)
    }
}

extension RuntimeOptions {
    /// Whether a type URL names these options; a prefix up to the last slash does not count.
    static func isNamed(by url: String) -> Bool {
        url.split(separator: "/").last.map(String.init) == protoMessageName
    }

    /// Reads the options of a task; absent, or another runtime's, they are empty.
    init(any: Google_Protobuf_Any?) throws {
        guard let any, Self.isNamed(by: any.typeURL) else {
            self.init()
            return
        }
        try self.init(serializedBytes: any.value)
    }
}
