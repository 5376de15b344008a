internal import CLinux
import Glibc

/// Who is at the other end of a Unix socket, as of connect or listen (SO_PEERCRED).
package struct PeerCredentials: Sendable, Equatable {
    package let pid: Int32
    package let uid: UInt32
    package let gid: UInt32

    /// The peer of the connected socket `descriptor`.
    ///
    /// - Throws: `Errno`.
    package init(ofPeerAt descriptor: CInt) throws(Errno) {
        var peer = CLinux_peer()
        try checked(CLinux_peer_credentials(descriptor, &peer))
        pid = peer.pid
        uid = peer.uid
        gid = peer.gid
    }
}

/// Sends bytes and, with the first of them, descriptors over a Unix socket.
///
/// - Returns: how many bytes went; the descriptors went if it is above 0.
/// - Throws: `Errno`: `EINVAL` for more than 16 descriptors.
package func sendDescriptors(
    _ descriptors: [CInt], with bytes: [UInt8], over socket: CInt
) throws(Errno) -> Int {
    try checked(
        CLinux_send_descriptors(
            socket, bytes, bytes.count, descriptors, CUnsignedInt(clamping: descriptors.count)))
}
