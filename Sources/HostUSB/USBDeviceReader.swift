import Glibc
import Linux
import RuntimeErrors

/// Reads one USB device out of its folder in sysfs.
struct USBDeviceReader {
    /// A string of a device has 126 characters at most, of up to three bytes.
    private static let textLimit = 378

    /// `/sys/bus/usb/devices`.
    let folder: String
    /// The device's name there.
    let name: String
    let reader: SysfsReader

    /// Whether the name is a device's: interfaces, `1-1.4:1.0`, are listed beside the devices.
    static func isDevice(_ name: String) -> Bool {
        if name.hasPrefix("usb") { return number(name.dropFirst(3)) != nil }
        let sides = name.split(separator: "-", omittingEmptySubsequences: false)
        guard sides.count == 2, number(sides[0]) != nil else { return false }
        let ports = sides[1].split(separator: ".", omittingEmptySubsequences: false)
        // Five hubs may stand between a device and the root hub.
        return (1...7).contains(ports.count) && ports.allSatisfy { number($0) != nil }
    }

    /// Reads it.
    ///
    /// - Throws: `RuntimeError`: not found if it is not there or vanishes meanwhile; data loss if what sysfs says makes
    ///   no sense.
    func function() throws(RuntimeError) -> USBFunction {
        guard Self.isDevice(name) else { throw nonsense("the name") }
        guard reader.exists("\(folder)/\(name)") else { throw missing() }
        let isHub = try attribute("bDeviceClass") == "09"
        let function = USBFunction(
            bus: try number("busnum", upTo: 255), number: try number("devnum", upTo: 127),
            port: try attribute("devpath"),
            kind: name.hasPrefix("usb") ? .rootHub : isHub ? .hub : .device,
            vendor: try identity("idVendor"), product: try identity("idProduct"), serial: text("serial"),
            manufacturer: text("manufacturer"), productName: text("product"))
        guard function.name == name else { throw nonsense("busnum or devpath") }
        return function
    }

    private func number(_ file: String, upTo limit: Int) throws(RuntimeError) -> Int {
        guard let number = Self.number(try attribute(file)), number <= limit else { throw nonsense(file) }
        return number
    }

    private func identity(_ file: String) throws(RuntimeError) -> UInt16 {
        let text = try attribute(file)
        guard text.utf8.count == 4, let number = UInt16(text, radix: 16) else { throw nonsense(file) }
        return number
    }

    private func attribute(_ file: String) throws(RuntimeError) -> String {
        let text: String?
        do throws(Errno) { text = try reader.attribute("\(folder)/\(name)/\(file)") } catch {
            throw nonsense(file, error)
        }
        guard let text else { throw missing(file) }
        return text
    }

    /// What the device says of itself, in whatever characters; nil for nothing and for more than a device can say.
    private func text(_ file: String) -> String? {
        guard let file = try? openDescriptor("\(folder)/\(name)/\(file)", flags: O_RDONLY | O_NONBLOCK),
            (try? FileStatus(of: file.raw).kind) == .file,
            let bytes = try? readAll(file.raw, limit: SysfsReader.attributeLimit)
        else { return nil }
        let text = bytes.last == 0x0a ? bytes[..<(bytes.count - 1)] : bytes[...]
        guard (1...Self.textLimit).contains(text.count) else { return nil }
        return String(decoding: text, as: UTF8.self)
    }

    private func missing(_ file: String? = nil) -> RuntimeError {
        let path = [folder, name].joined(separator: "/") + (file.map { "/\($0)" } ?? "")
        return RuntimeError(
            .notFound,
            "can't find usb device '\(printable(name))': '\(printable(path, limit: 256))' does not exist")
    }

    private func nonsense(_ what: String, _ cause: Errno? = nil) -> RuntimeError {
        RuntimeError(
            .dataLoss, "can't read usb device '\(printable(name))': \(what) in '\(folder)' makes no sense",
            cause: cause)
    }

    /// 1 to 3 digits, not 0 and without one before.
    private static func number(_ text: some StringProtocol) -> Int? {
        guard (1...3).contains(text.utf8.count), text.utf8.first != UInt8(ascii: "0"),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int(text)
    }
}
