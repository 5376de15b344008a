import Linux
import Netlink
import RuntimeErrors

/// The gRPC code of whatever a step failed with: its own, or the one of its error number.
func statusCode(of error: any Error) -> RuntimeError.Code {
    switch error {
    case let error as RuntimeError: error.code
    case let refusal as KernelRefusal: refusal.errno.statusCode
    case let errno as Errno: errno.statusCode
    default: .internalError
    }
}
