import Glibc
package import Linux

/// The names of PCI vendors, devices and classes out of the host's `pci.ids`, as far as somebody wants them.
///
/// The file is nobody's promise: what can't be understood is passed over, what is too large is not read.
package struct PCINames: Sendable, Equatable {
    /// What names are looked for.
    package struct Wanted: Sendable {
        var vendors: Set<UInt16> = []
        /// Vendor and device.
        var devices: Set<UInt32> = []
        /// Base class and subclass.
        var classes: Set<UInt16> = []

        /// Nothing yet.
        package init() {}

        /// Adds all that is to be known of a function.
        package mutating func add(vendor: UInt16, device: UInt16, classCode: UInt32) {
            vendors.insert(vendor)
            devices.insert(UInt32(vendor) << 16 | UInt32(device))
            classes.insert(UInt16(truncatingIfNeeded: classCode >> 8))
        }
    }

    /// Ten times the file of today.
    static let sizeLimit = 16 << 20
    /// Of one name, in bytes; more is cut off.
    private static let nameLimit = 160

    /// The file that the names are from; nil without one.
    package private(set) var file: String?
    /// A file that is there and can't be used, with the reason.
    package private(set) var problem: String?
    private var vendors: [UInt16: String] = [:]
    private var devices: [UInt32: String] = [:]
    private var classes: [UInt16: String] = [:]
    private var baseClasses: [UInt8: String] = [:]

    /// Reads the first file of the host that can be read; without one there are no names.
    package init(_ roots: HostRoots, _ wanted: Wanted) {
        for path in roots.pciNames {
            do throws(Errno) {
                let file = try openDescriptor(path, flags: O_RDONLY | O_NONBLOCK | O_NOCTTY)
                guard try FileStatus(of: file.raw).kind == .file else { throw Errno.EINVAL }
                parse(try readAll(file.raw, limit: Self.sizeLimit), wanted)
                self.file = path
                problem = nil
                return
            } catch {
                if error != .ENOENT { problem = "'\(path)' can't be read: \(error)" }
            }
        }
    }

    /// Reads the text of a file.
    init(parsing bytes: [UInt8], _ wanted: Wanted) {
        parse(bytes, wanted)
    }

    private mutating func parse(_ bytes: [UInt8], _ wanted: Wanted) {
        var section = Section.none
        for line in bytes.split(separator: UInt8(ascii: "\n")) { read(line, &section, wanted) }
    }

    private enum Section {
        case none
        case vendor(UInt16)
        case baseClass(UInt8)
    }

    private mutating func read(_ line: ArraySlice<UInt8>, _ section: inout Section, _ wanted: Wanted) {
        let tab = UInt8(ascii: "\t")
        guard line.first == tab else {
            section = .none
            if line.starts(with: "C ".utf8) {
                guard let (number, name) = Self.entry(line.dropFirst(2), digits: 2) else { return }
                section = .baseClass(UInt8(truncatingIfNeeded: number))
                let isWanted = wanted.classes.contains { $0 >> 8 == number }
                if isWanted { baseClasses[UInt8(truncatingIfNeeded: number)] = Self.text(name) }
            } else if let (number, name) = Self.entry(line, digits: 4) {
                section = .vendor(number)
                if wanted.vendors.contains(number) { vendors[number] = Self.text(name) }
            }
            return
        }
        // Two tabs are subsystems and programming interfaces.
        let rest = line.dropFirst()
        guard rest.first != tab else { return }
        switch section {
        case .none: return
        case .vendor(let vendor):
            guard let (number, name) = Self.entry(rest, digits: 4) else { return }
            let key = UInt32(vendor) << 16 | UInt32(number)
            if wanted.devices.contains(key) { devices[key] = Self.text(name) }
        case .baseClass(let base):
            guard let (number, name) = Self.entry(rest, digits: 2) else { return }
            let key = UInt16(base) << 8 | number
            if wanted.classes.contains(key) { classes[key] = Self.text(name) }
        }
    }

    /// The number at the start of a line, of so many hexadecimal digits, and the name behind it.
    private static func entry(
        _ line: ArraySlice<UInt8>, digits: Int
    ) -> (UInt16, ArraySlice<UInt8>)? {
        let space = UInt8(ascii: " ")
        guard line.count > digits + 1 else { return nil }
        var number: UInt16 = 0
        for byte in line.prefix(digits) {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            number = number << 4 | UInt16(digit)
        }
        let rest = line.dropFirst(digits)
        guard rest.first == space else { return nil }
        let name = rest.drop { $0 == space }
        return name.isEmpty ? nil : (number, name)
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        printable(String(decoding: bytes.prefix(nameLimit), as: UTF8.self), limit: nameLimit)
    }

    /// The vendor's name.
    package func vendor(_ vendor: UInt16) -> String? { vendors[vendor] }

    /// The device's name.
    package func device(vendor: UInt16, _ device: UInt16) -> String? {
        devices[UInt32(vendor) << 16 | UInt32(device)]
    }

    /// The name of the subclass, or else of the base class.
    package func deviceClass(_ code: UInt32) -> String? {
        classes[UInt16(truncatingIfNeeded: code >> 8)] ?? baseClasses[UInt8(truncatingIfNeeded: code >> 16)]
    }
}
