package import Linux
package import RuntimeErrors

import Glibc

/// What the kernel, or the way to it, said instead of doing what was asked.
package struct KernelRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    /// The error number.
    package let errno: Errno
    /// The kernel's own explanation (an "extended ACK"), where there is one; printable, at most 256 bytes.
    package let explanation: String?

    /// Makes a refusal; what is not printable in the explanation is left out.
    package init(_ errno: Errno, explanation: String? = nil) {
        self.errno = errno
        let text = (explanation ?? "").utf8.filter { (0x20..<0x7f).contains($0) }.prefix(256)
        self.explanation = text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
    }

    package var description: String {
        guard let explanation else { return "\(errno)" }
        return "\(errno) (\(explanation))"
    }
}

extension KernelRefusal {
    /// The answer to a request out of an NLMSG_ERROR message; nil is a yes.
    ///
    /// - Throws: `NetlinkFormatError`.
    static func decode(_ message: NetlinkMessage) throws(NetlinkFormatError) -> KernelRefusal? {
        guard let number = message.payload.integer(at: 0, as: Int32.self), number <= 0, number > Int32.min
        else { throw NetlinkFormatError(object: "acknowledgement") }
        guard number != 0 else { return nil }
        return KernelRefusal(Errno(rawValue: 0 - number), explanation: explanation(of: message))
    }

    /// The text after the error number and the request's header, which brings its body unless NLM_F_CAPPED.
    private static func explanation(of message: NetlinkMessage) -> String? {
        guard message.flags & 0x200 != 0 else { return nil }
        var start = 4 + NetlinkMessage.headerSize
        if message.flags & 0x100 == 0 {
            guard let length = message.payload.integer(at: 4, as: UInt32.self).flatMap({ Int(exactly: $0) }),
                length <= message.payload.count, length >= NetlinkMessage.headerSize
            else { return nil }
            start = 4 + aligned(length)
        }
        guard start <= message.payload.count,
            let attributes = try? AttributeList(message.payload.dropFirst(start))
        else { return nil }
        return attributes.text(1)
    }
}

extension RuntimeError {
    /// An error whose code and cause are those of a refusal.
    package init(_ refusal: KernelRefusal, _ message: String) {
        self.init(refusal.errno.statusCode, message, cause: refusal)
    }
}
