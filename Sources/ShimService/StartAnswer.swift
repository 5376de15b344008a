/// What `start` prints: the form that this caller can read, and the newest Task API it accepts.
///
/// containerd 1.6 sets no `MAX_SHIM_VERSION` and takes the whole answer for an address. Later ones read JSON;
/// 1.7 refuses version 3 although its environment looks like 2.1's, so 3 is only said when the caller is
/// known to be newer.
package struct StartAnswer: Equatable, Sendable {
    /// What the caller showed of itself.
    package struct Caller: Equatable, Sendable {
        /// `MAX_SHIM_VERSION` was in the environment.
        package var setsMaximumVersion: Bool
        /// Standard input held BootstrapParams that name this very task.
        package var sentBootstrapParameters: Bool
        /// The bundle is one of the sandbox controller's: no config.json, and its path says so.
        package var usesSandboxBundle: Bool
        /// `shim_api_version` of the configuration; nil to find out.
        package var forcedVersion: Int?

        package init(
            setsMaximumVersion: Bool, sentBootstrapParameters: Bool, usesSandboxBundle: Bool,
            forcedVersion: Int?
        ) {
            self.setsMaximumVersion = setsMaximumVersion
            self.sentBootstrapParameters = sentBootstrapParameters
            self.usesSandboxBundle = usesSandboxBundle
            self.forcedVersion = forcedVersion
        }
    }

    /// The version of the Task API that the caller should speak: 2 or 3.
    package let version: Int
    /// The text for standard output, without a line end.
    package let text: String

    /// Chooses the answer for a caller.
    ///
    /// - Parameter address: the socket's address as containerd dials it, `unix://…`.
    package init(to caller: Caller, address: String) {
        let newer = caller.sentBootstrapParameters || caller.usesSandboxBundle
        version = caller.forcedVersion ?? (newer ? 3 : 2)
        if caller.setsMaximumVersion || newer || caller.forcedVersion != nil {
            text = #"{"version":\#(version),"address":"\#(address)","protocol":"ttrpc"}"#
        } else {
            text = address
        }
    }
}
