import Hypervisor
package import Linux
package import VFIO
import Glibc
import Synchronization

/// Writes attributes of a fake host and does what the kernel does then: `driver_override`, `unbind`, `bind` and
/// `drivers_probe` of PCI devices. All its state is in files, so that it outlives a process that a test kills.
package final class FakeKernel: AttributeWriter {
    /// What goes wrong at a write.
    package enum Fault: Sendable {
        /// The write fails and does nothing.
        case fail(Errno)
        /// The process is killed before the write.
        case kill
    }

    let host: FakeHost
    private let state = Mutex(State())

    private struct State {
        var writes: [PlannedWrite] = []
        var faults: [Int: Fault] = [:]
        var rules: [@Sendable (PlannedWrite) -> Errno?] = []
    }

    /// The kernel of `host`, with faults by the number of the write, from 1.
    package init(_ host: FakeHost, faults: [Int: Fault] = [:]) {
        self.host = host
        state.withLock { $0.faults = faults }
    }

    /// The writes so far, those that failed too.
    package var writes: [PlannedWrite] { state.withLock { $0.writes } }

    /// From now on a write for which `rule` has an error fails with it.
    package func fail(_ rule: @escaping @Sendable (PlannedWrite) -> Errno?) {
        state.withLock { $0.rules.append(rule) }
    }

    package func write(_ text: String, to path: String) throws(Errno) {
        let write = PlannedWrite(path: path, text: text)
        let (fault, rules) = state.withLock {
            $0.writes.append(write)
            return ($0.faults[$0.writes.count], $0.rules)
        }
        switch fault {
        case .fail(let error): throw error
        case .kill: kill(getpid(), SIGKILL)
        case nil: break
        }
        for rule in rules {
            if let error = rule(write) { throw error }
        }
        do { try perform(write) } catch let error as Errno { throw error } catch { throw .EIO }
    }

    private func perform(_ write: PlannedWrite) throws {
        let parts = write.path.split(separator: "/").map(String.init)
        let text = write.text.hasSuffix("\n") ? String(write.text.dropLast()) : write.text
        guard let attribute = parts.last, let folder = parts.dropLast().last else { throw Errno.EINVAL }
        // sysfs has no files but its own.
        _ = try FileStatus(of: write.path)
        switch attribute {
        case "driver_override":
            try host.write(text.isEmpty ? "(null)\n" : "\(text)\n", to: write.path)
        case "unbind":
            guard let address = HostPCIAddress(text), driver(of: address) == folder else {
                throw Errno.ENODEV
            }
            try detach(address, from: folder)
        case "bind":
            guard let address = HostPCIAddress(text), exists(address) else { throw Errno.ENODEV }
            guard driver(of: address) == nil else { throw Errno.EBUSY }
            guard try match(address) == folder else { throw Errno.ENODEV }
            try attach(address, to: folder)
        case "drivers_probe":
            guard let address = HostPCIAddress(text), exists(address) else { throw Errno.EINVAL }
            guard driver(of: address) == nil, let driver = try match(address) else { return }
            guard (try? FileStatus(of: "\(host.roots.sys)/bus/pci/drivers/\(driver)")) != nil else { return }
            try attach(address, to: driver)
        default: throw Errno.EACCES
        }
    }

    /// The driver that may take a function: the override, or else the one that matches.
    private func match(_ address: HostPCIAddress) throws -> String? {
        let override = try host.read("\(host.folder(address))/driver_override").dropLast()
        if override != "(null)" { return String(override) }
        let driver = try host.read(host.kernel(address, "driver"))
        return driver.isEmpty ? nil : driver
    }

    private func driver(of address: HostPCIAddress) -> String? {
        let path = try? host.realPath("\(host.folder(address))/driver")
        return path?.split(separator: "/").last.map(String.init)
    }

    private func exists(_ address: HostPCIAddress) -> Bool {
        (try? FileStatus(of: host.folder(address))) != nil
    }
}
