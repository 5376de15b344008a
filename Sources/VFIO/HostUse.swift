import Glibc
import Hypervisor
import Linux
import RuntimeErrors

/// What the host itself does with a PCI function, which then must not be taken from it.
struct HostUse {
    let host: PCIHost
    private let routes: Set<String>
    private let storage: StorageUse

    /// Looks at the host's routes, mounts and swap once, for all functions of a plan.
    init(_ host: PCIHost) {
        self.host = host
        routes = Self.interfacesWithDefaultRoute(host)
        storage = StorageUse(host)
    }

    /// The reasons to leave `function` to the host; none if it is free.
    ///
    /// - Throws: `RuntimeError` when that can't be told.
    func reasons(_ function: PCIFunction) throws(RuntimeError) -> [String] {
        var reasons: [String] = []
        if function.virtualFunctionCount > 0 {
            reasons.append("has \(function.virtualFunctionCount) virtual functions, which would be lost")
        }
        if function.isBootDisplay, !function.isOnVFIO { reasons.append("is the host's boot display") }
        for interface in function.interfaces {
            if try isUp(interface) { reasons.append("network interface '\(interface)' is up") }
            if routes.contains(interface) {
                reasons.append("network interface '\(interface)' has the default route")
            }
        }
        return reasons + (try storage.reasons(function))
    }

    /// Whether somebody set the interface up, whatever its link says.
    private func isUp(_ interface: String) throws(RuntimeError) -> Bool {
        do throws(Errno) {
            return try host.reader.isInterfaceUp(interface, in: host.roots)
        } catch {
            throw RuntimeError(.dataLoss, "can't tell whether interface '\(interface)' is up", cause: error)
        }
    }

    private static func interfacesWithDefaultRoute(_ host: PCIHost) -> Set<String> {
        var names: Set<String> = []
        for line in host.lines("net/route").dropFirst() {
            let fields = line.split(whereSeparator: \.isWhitespace)
            if fields.count >= 8, fields[1] == "00000000", fields[7] == "00000000" {
                names.insert(String(fields[0]))
            }
        }
        for line in host.lines("net/ipv6_route") {
            let fields = line.split(separator: " ")
            // Every host has an unreachable default route on its loopback interface.
            if fields.count >= 10, fields[0].allSatisfy({ $0 == "0" }), fields[1] == "00", fields[9] != "lo" {
                names.insert(String(fields[9]))
            }
        }
        return names
    }
}

extension PCIHost {
    /// The lines of a file of `/proc`; none if it can't be read.
    func lines(_ name: String) -> [Substring] {
        guard let file = try? openDescriptor("\(roots.proc)/\(name)", flags: O_RDONLY | O_NONBLOCK),
            let bytes = try? readAll(file.raw, limit: MountTable.sizeLimit)
        else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }
}
