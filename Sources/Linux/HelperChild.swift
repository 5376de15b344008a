internal import CLinux
import Glibc

/// The failure of one step of a helper child.
package struct HelperFailure: Error, Sendable, CustomStringConvertible {
    /// Index of the step; the number of steps if there was no child at all.
    package let step: Int
    package let errno: Errno

    package var description: String { "\(errno)" }
}

/// Carries out `steps` in a short-lived child while the calling thread waits. The caller's namespaces, root
/// and working directory stay as they are.
///
/// - Returns: the descriptors that the steps opened, by step, close-on-exec.
/// - Throws: `HelperFailure`; the steps before it have been done, what they opened is closed.
package func runInHelperChild(_ steps: [HelperStep]) throws(HelperFailure) -> [Int: SharedDescriptor] {
    let strings = CStrings()
    var raw = [CLinux_step](repeating: CLinux_step(), count: steps.count)
    for (index, step) in steps.enumerated() {
        do throws(Errno) {
            try step.write(to: &raw[index], strings: strings)
        } catch {
            throw HelperFailure(step: index, errno: error)
        }
    }
    let done = Int(CLinux_helper_run(&raw, CInt(clamping: steps.count)))
    withExtendedLifetime(strings) {}
    guard done >= 0 else {
        throw HelperFailure(step: steps.count, errno: Errno(rawValue: Int32(clamping: 0 - done)))
    }
    var opened: [Int: SharedDescriptor] = [:]
    for (index, step) in zip(raw, steps).prefix(done).enumerated() {
        switch step.1 {
        case .clone, .open, .socket: opened[index] = SharedDescriptor(owning: step.0.result)
        default: break
        }
    }
    guard done < steps.count else { return opened }
    throw HelperFailure(step: done, errno: Errno(rawValue: 0 - raw[done].result))
}
