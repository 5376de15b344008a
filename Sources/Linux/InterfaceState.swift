import Glibc

extension SysfsReader {
    /// Whether somebody set the network interface `name` up, whatever its link says; false if there is none.
    ///
    /// - Throws: `Errno` when it can't be told.
    package func isInterfaceUp(_ name: String, in roots: HostRoots) throws(Errno) -> Bool {
        let path = "\(roots.sys)/class/net/\(name)"
        guard let text = try attribute("\(path)/flags") else { return false }
        guard text.hasPrefix("0x"), let flags = UInt32(text.dropFirst(2), radix: 16) else { throw .EINVAL }
        // A port of a bond or bridge counts as well: it is up by its master.
        return flags & UInt32(IFF_UP) != 0 || exists("\(path)/master")
    }
}
