internal import CLinux

/// A file and how somebody means to use it.
package struct FileUse: Sendable, Equatable {
    /// The file's path.
    package var path: String
    /// `R_OK`, `W_OK` and `X_OK` of access(2), together.
    package var mode: CInt

    /// Makes a use.
    package init(_ path: String, _ mode: CInt) {
        self.path = path
        self.mode = mode
    }
}

/// Whether another user may use files, tried by a child that becomes this user and ends: rights are more than the bits
/// of a file's mode.
///
/// - Returns: for each use why it is not allowed; nil where it is.
/// - Throws: `Errno` when nobody could be asked, such as `EPERM` for a caller that can't change its user.
package func accessFaults(
    of identity: ChildLaunch.Identity, _ uses: [FileUse]
) throws(Errno) -> [Errno?] {
    let strings = CStrings()
    defer { withExtendedLifetime(strings) {} }
    var files: [CLinux_access] = []
    for use in uses {
        files.append(
            CLinux_access(path: UnsafePointer(try strings.copy(use.path)), mode: use.mode, result: 0))
    }
    let code = files.withUnsafeMutableBufferPointer { files in
        identity.groups.withUnsafeBufferPointer { groups in
            var request = CLinux_access_request(
                user: identity.uid, group: identity.gid, groups: groups.baseAddress,
                group_count: CUnsignedInt(clamping: groups.count), files: files.baseAddress,
                file_count: CUnsignedInt(clamping: files.count))
            return CLinux_try_access(&request)
        }
    }
    try checked(code)
    return files.map { $0.result == 0 ? nil : Errno(rawValue: 0 - $0.result) }
}
