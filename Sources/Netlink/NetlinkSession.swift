internal import CLinux
package import Linux

import Glibc
import RuntimeErrors

/// Questions and orders to the kernel's network configuration, one at a time, over one NETLINK_ROUTE socket.
///
/// Each call blocks until the kernel has answered, ten seconds at most; the kernel does so before the request's
/// send returns unless others hold its lock on the configuration.
package final class NetlinkSession {
    private let socket: SharedDescriptor
    /// Begins anywhere: what an earlier session over the socket has not waited for must be no answer to this one.
    private var sequence = UInt32.random(in: 0 ... .max)
    private var buffer = [UInt8](repeating: 0, count: 1 << 17)

    /// Passed before each request; what it throws is the request's answer, and the kernel is not asked.
    package typealias BeforeRequest = @Sendable () throws(KernelRefusal) -> Void
    private let beforeRequest: BeforeRequest?

    /// Talks over `socket`, for the network namespace that it belongs to.
    ///
    /// - Throws: `KernelRefusal`.
    package init(over socket: SharedDescriptor, beforeRequest: BeforeRequest? = nil) throws(KernelRefusal) {
        self.socket = socket
        self.beforeRequest = beforeRequest
        try Self.asRefusal { () throws(Errno) in
            try checked(CLinux_netlink_prepare(socket.raw, Self.patience))
        }
    }

    /// Talks for the network namespace of the calling thread.
    ///
    /// - Throws: `KernelRefusal`.
    package convenience init() throws(KernelRefusal) {
        try self.init(over: Self.asRefusal { () throws(Errno) in try networkSocket(.route) })
    }

    /// How long one receive may take, in seconds.
    private static let patience: CInt = 10
    /// More objects than any dump that is asked for here has.
    private static let dumpLimit = 1 << 18
    /// How often a dump that a change interrupted is begun anew.
    private static let attempts = 8

    /// Has the kernel do something.
    ///
    /// - Throws: `KernelRefusal`, with the kernel's explanation.
    func order(_ type: UInt16, flags: UInt16 = 0, _ payload: [UInt8]) throws(KernelRefusal) {
        do throws(RuntimeError) { try CrashPoint.pass("network.order") } catch {
            throw KernelRefusal(.EIO, explanation: error.message)
        }
        let number = try send(type, flags: flags | NLM.acknowledge, payload)
        while true {
            for message in try receive() where message.sequence == number && message.type == NLM.error {
                return try acknowledgement(message)
            }
        }
    }

    /// Asks for all objects of a kind.
    ///
    /// - Throws: `KernelRefusal`: `EAGAIN` if the configuration never stands still, `EMSGSIZE` for too many.
    func dump(_ type: UInt16, _ payload: [UInt8]) throws(KernelRefusal) -> [NetlinkMessage] {
        for _ in 0..<Self.attempts {
            if let whole = try dumpOnce(type, payload) { return whole }
        }
        throw KernelRefusal(.EAGAIN, explanation: "the network configuration changes all the time")
    }

    /// One dump; nil if it was interrupted.
    private func dumpOnce(_ type: UInt16, _ payload: [UInt8]) throws(KernelRefusal) -> [NetlinkMessage]? {
        let number = try send(type, flags: NLM.dump, payload)
        var found: [NetlinkMessage] = []
        var isWhole = true
        while true {
            for message in try receive() where message.sequence == number {
                if message.flags & NLM.interrupted != 0 { isWhole = false }
                switch message.type {
                case NLM.error:
                    try acknowledgement(message)
                    return isWhole ? found : nil
                case NLM.done:
                    // The end carries an error number too, in as many bytes as it likes.
                    let result = message.payload.integer(at: 0, as: Int32.self) ?? 0
                    guard result >= 0 else { throw KernelRefusal(Errno(rawValue: 0 - max(result, -4095))) }
                    return isWhole ? found : nil
                default:
                    guard found.count < Self.dumpLimit else { throw KernelRefusal(Self.tooMuch) }
                    found.append(message)
                }
            }
        }
    }

    private func send(
        _ type: UInt16, flags: UInt16, _ payload: [UInt8]
    ) throws(KernelRefusal) -> UInt32 {
        try beforeRequest?()
        sequence &+= 1
        let bytes = NetlinkMessage(
            type: type, flags: flags | NLM.request, sequence: sequence, payload: payload[...]
        ).encoded
        try Self.asRefusal { () throws(Errno) in
            try checked(CLinux_netlink_send(socket.raw, bytes, bytes.count))
        }
        return sequence
    }

    private func receive() throws(KernelRefusal) -> [NetlinkMessage] {
        let count: Int
        do throws(Errno) {
            count = try checked(CLinux_netlink_receive(socket.raw, &buffer, buffer.count))
        } catch {
            throw KernelRefusal(error == .EAGAIN ? .ETIMEDOUT : error)
        }
        return try Self.understanding { () throws(NetlinkFormatError) in
            try NetlinkMessage.split(Array(buffer.prefix(count)))
        }
    }

    private func acknowledgement(_ message: NetlinkMessage) throws(KernelRefusal) {
        let refusal = try Self.understanding { () throws(NetlinkFormatError) in
            try KernelRefusal.decode(message)
        }
        if let refusal { throw refusal }
    }

    private static let tooMuch = Errno(rawValue: EMSGSIZE)

    @discardableResult
    private static func asRefusal<Value>(_ body: () throws(Errno) -> Value) throws(KernelRefusal) -> Value {
        do throws(Errno) { return try body() } catch { throw KernelRefusal(error) }
    }

    /// What the kernel says that makes no sense is a refusal too.
    static func understanding<Value>(
        _ body: () throws(NetlinkFormatError) -> Value
    ) throws(KernelRefusal) -> Value {
        do throws(NetlinkFormatError) { return try body() } catch {
            throw KernelRefusal(Errno(rawValue: EBADMSG), explanation: error.description)
        }
    }
}

/// NLM_F_* and NLMSG_* of linux/netlink.h.
enum NLM {
    static let request: UInt16 = 0x01
    static let acknowledge: UInt16 = 0x04
    static let interrupted: UInt16 = 0x10
    static let dump: UInt16 = 0x300
    static let replace: UInt16 = 0x100
    static let exclusive: UInt16 = 0x200
    static let create: UInt16 = 0x400
    static let error: UInt16 = 2
    static let done: UInt16 = 3
}

/// RTM_* of linux/rtnetlink.h.
enum RTM {
    static let newLink: UInt16 = 16
    static let getLink: UInt16 = 18
    static let setLink: UInt16 = 19
    static let newAddress: UInt16 = 20
    static let deleteAddress: UInt16 = 21
    static let getAddress: UInt16 = 22
    static let newRoute: UInt16 = 24
    static let getRoute: UInt16 = 26
}
