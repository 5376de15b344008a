import RuntimeErrors
package import TTRPC

extension TTRPCError {
    /// The one place where an error of ours becomes a status on the wire.
    ///
    /// containerd tells apart by code alone: NotFound on Delete is tolerated, Unimplemented makes it try an
    /// older API, and so on; a code that got lost here would surface as Unknown.
    package init(mapping error: any Error) {
        switch error {
        case let error as TTRPCError:
            self = error
        case let error as RuntimeError:
            self.init(Code(rawValue: error.code.rawValue), error.description)
        case is CancellationError:
            self.init(.cancelled, "can't finish the call: its caller has gone")
        default:
            self.init(.unknown, "\(error)")
        }
    }
}
