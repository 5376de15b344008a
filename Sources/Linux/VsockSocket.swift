internal import CLinux
import Glibc

/// A non-blocking AF_VSOCK stream socket.
package struct VsockSocket: ~Copyable, Sendable {
    /// VMADDR_CID_ANY
    package static let anyCID = UInt32.max
    /// VMADDR_CID_HOST
    package static let hostCID: UInt32 = 2

    package let descriptor: OwnedDescriptor

    /// - Throws: `Errno`: `EAFNOSUPPORT` on a kernel without vsock.
    package init() throws(Errno) {
        let flags = CInt(SOCK_NONBLOCK.rawValue)
        descriptor = OwnedDescriptor(owning: try checked(CLinux_vsock_socket(flags)))
    }

    /// Listens on `port` of every CID of this machine.
    ///
    /// - Throws: `Errno`.
    package func listen(port: UInt32, backlog: CInt = 128) throws(Errno) {
        try checked(CLinux_vsock_bind(descriptor.raw, Self.anyCID, port))
        let raw = descriptor.raw
        try checkedErrno { Glibc.listen(raw, backlog) }
    }

    /// The CID at the other end of a connection.
    ///
    /// - Throws: `Errno`: `EAFNOSUPPORT` if it is no vsock.
    package static func peerCID(of descriptor: CInt) throws(Errno) -> UInt32 {
        var cid: UInt32 = 0
        try checked(CLinux_vsock_peer(descriptor, &cid))
        return cid
    }

    /// Starts to connect.
    ///
    /// - Returns: whether the connection stands already; else the socket becomes writable when it does or
    ///   when it has failed (SO_ERROR).
    /// - Throws: `Errno`.
    package func connect(cid: UInt32, port: UInt32) throws(Errno) -> Bool {
        do throws(Errno) {
            try checked(CLinux_vsock_connect(descriptor.raw, cid, port))
            return true
        } catch .EINPROGRESS {
            return false
        }
    }

    /// Gives the descriptor up to an event loop.
    package consuming func release() -> CInt {
        descriptor.release()
    }
}
