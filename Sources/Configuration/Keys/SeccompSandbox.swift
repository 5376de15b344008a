/// QEMU's own seccomp sandbox.
package enum SeccompSandbox {
    /// The only form in which it is used: on, and everything denied that can be denied.
    package static let strictest =
        "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"

    /// Whether a value of the key asks for no less than the strictest form.
    static func isStrict(_ value: String) -> Bool {
        value.isEmpty || Set(value.split(separator: ",")) == Set(strictest.split(separator: ","))
    }
}
