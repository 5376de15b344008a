package import Hypervisor
package import Linux
package import RuntimeErrors

/// The USB devices of a host. Reads only; what is said is true of the moment of the call.
package struct USBHost: Sendable {
    /// So many devices are named in a message.
    private static let listed = 16

    private let roots: HostRoots
    private let reader = SysfsReader()
    private var folder: String { "\(roots.sys)/bus/usb/devices" }

    /// The host below `roots`.
    package init(_ roots: HostRoots) {
        self.roots = roots
    }

    /// All devices, hubs too, by name; one that vanishes meanwhile or makes no sense is left out.
    package func devices() -> [USBFunction] {
        let names = (try? reader.entries(folder)) ?? []
        return names.filter(USBDeviceReader.isDevice).compactMap { try? function($0) }
    }

    /// The device whose node is `/dev/bus/usb/<bus>/<number>`, for a guest.
    ///
    /// - Throws: `RuntimeError`: not found; failed precondition for a hub, and with all reasons if the host uses it.
    package func device(bus: Int, number: Int) throws(RuntimeError) -> USBDevice {
        let all = devices()
        guard let function = all.first(where: { $0.bus == bus && $0.number == number }) else {
            throw unknown("number \(number) on bus \(bus)", all)
        }
        return try passable(function)
    }

    /// The device that is plugged in at `port`, such as `1-1.4`, for a guest.
    ///
    /// - Throws: `RuntimeError`: invalid argument for what is no port; see ``device(bus:number:)``.
    package func device(port: String) throws(RuntimeError) -> USBDevice {
        guard USBDeviceReader.isDevice(port) else {
            throw RuntimeError(
                .invalidArgument,
                "can't find usb device '\(printable(port))': that is no port; write the bus and the ports to it, "
                    + "such as 1-1.4")
        }
        guard reader.exists("\(folder)/\(port)") else { throw unknown("at port '\(port)'", devices()) }
        return try passable(try function(port))
    }

    /// The only device with that serial number, for a guest.
    ///
    /// - Throws: `RuntimeError`: failed precondition if there are several; see ``device(bus:number:)``.
    package func device(serial: String) throws(RuntimeError) -> USBDevice {
        let all = devices()
        let found = all.filter { $0.serial.map { $0.utf8.elementsEqual(serial.utf8) } ?? false }
        guard let first = found.first(where: { $0.kind == .device }) ?? found.first else {
            throw unknown("with the serial number '\(printable(serial))'", all)
        }
        let same = found.filter { $0.kind == .device }
        guard same.count <= 1 else {
            throw RuntimeError(
                .failedPrecondition,
                "can't tell usb devices with the serial number '\(printable(serial))' apart: there are "
                    + "\(list(same)); name one by its port")
        }
        return try passable(first)
    }

    /// The device of that name, for a guest.
    ///
    /// - Throws: `RuntimeError`; see ``device(bus:number:)``.
    package func device(_ name: USBName) throws(RuntimeError) -> USBDevice {
        switch name {
        case .port(let port): try device(port: port)
        case .serial(let serial): try device(serial: serial)
        }
    }

    private func function(_ name: String) throws(RuntimeError) -> USBFunction {
        try USBDeviceReader(folder: folder, name: name, reader: reader).function()
    }

    /// What a plan says of a device that a guest may have.
    private func passable(_ function: USBFunction) throws(RuntimeError) -> USBDevice {
        switch function.kind {
        case .device: break
        case .hub: throw refusal(function, "it is a hub; name a device behind it")
        case .rootHub:
            throw refusal(
                function,
                "it is the root hub of a controller; name a device behind it, or pass the controller's PCI function"
            )
        }
        try checkNode(of: function)
        let reasons = try USBHostUse(roots: roots, folder: folder, reader: reader).reasons(function)
        guard reasons.isEmpty else {
            let text = printable(reasons.joined(separator: "; "), limit: 1024)
            throw refusal(function, "\(text); free it on the host, or name another")
        }
        return USBDevice(bus: function.bus, port: function.port, node: function.node)
    }

    /// The node must be there, and where it is a device's be this one's: numbers are given anew with every plugging.
    private func checkNode(of function: USBFunction) throws(RuntimeError) {
        let status: FileStatus
        let number: String?
        do throws(Errno) {
            status = try FileStatus(of: "\(roots.dev)\(function.node.dropFirst("/dev".count))")
            number = try reader.attribute("\(folder)/\(function.name)/dev")
        } catch {
            throw refusal(
                function, "its node '\(function.node)' can't be used; see whether the host's /dev has it",
                error)
        }
        let stands = "\(status.represents.major):\(status.represents.minor)"
        guard status.kind != .characterDevice || stands == number else {
            throw refusal(function, "its node '\(function.node)' is another device's; plug it in again")
        }
    }

    private func refusal(_ function: USBFunction, _ reason: String, _ cause: Errno? = nil) -> RuntimeError {
        RuntimeError(.failedPrecondition, "can't pass on usb device \(function): \(reason)", cause: cause)
    }

    private func unknown(_ what: String, _ all: [USBFunction]) -> RuntimeError {
        let devices = all.filter { $0.kind == .device }
        return RuntimeError(
            .notFound,
            "can't find a usb device \(what); there "
                + (devices.isEmpty ? "are none" : "are \(list(devices))"))
    }

    private func list(_ functions: [USBFunction]) -> String {
        let shown = functions.prefix(Self.listed).map(\.description).joined(separator: ", ")
        return functions.count > Self.listed ? "\(shown) and \(functions.count - Self.listed) more" : shown
    }
}
