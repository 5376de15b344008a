/// Which address in the guest a function has that the host knows by another: all of one container's devices.
package struct PCIAddressMap: Sendable, Equatable {
    private var guestAddresses: [String: String] = [:]
    private var shared: Set<String> = []

    package init() {}

    /// Notes one function. One that has two places in the guest, such as two shares of it, is known by neither.
    package mutating func add(_ host: PCIFunctionAddress, is guest: PCIFunctionAddress) {
        let (host, guest) = (host.description, guest.description)
        guard !shared.contains(host) else { return }
        guard let other = guestAddresses.updateValue(guest, forKey: host), other != guest else { return }
        shared.insert(host)
        guestAddresses[host] = nil
    }

    /// The environment of a container's first process with the guest's addresses in the variables of SR-IOV device
    /// plugins: `PCIDEVICE_<resource>`, a list, and `PCIDEVICE_<resource>_INFO`, which has them as keys.
    ///
    /// A host may have done this already, and an address of the guest may be one of the host too: a variable that names
    /// addresses of the guest only is left alone.
    package func rewritten(_ environment: [String]) -> [String] {
        guard !guestAddresses.isEmpty else { return environment }
        let known = Set(guestAddresses.values)
        return environment.map { entry in
            let words = AddressWords(entry)
            return words.isRelevant && !words.allSatisfy(known.contains)
                ? words.replaced(guestAddresses) : entry
        }
    }

    /// The same for a further process. What the first one has been given too is right as it is.
    package func rewritten(_ environment: [String], besides first: [String]) -> [String] {
        guard !guestAddresses.isEmpty else { return environment }
        let given = Set(first)
        return environment.map { entry in
            let words = AddressWords(entry)
            return words.isRelevant && !given.contains(entry) ? words.replaced(guestAddresses) : entry
        }
    }
}

/// The PCI addresses in the value of a variable.
private struct AddressWords {
    private let name: ArraySlice<UInt8>
    private let value: ArraySlice<UInt8>

    init(_ entry: String) {
        let bytes = Array(entry.utf8)
        let end = bytes.firstIndex(of: UInt8(ascii: "=")) ?? bytes.endIndex
        name = bytes[..<end]
        value = bytes[end...]
    }

    /// Whether the variable is one of a device plugin's.
    var isRelevant: Bool { name.starts(with: "PCIDEVICE_".utf8) }

    /// Whether a test holds for all addresses; for none at all it does.
    func allSatisfy(_ test: (String) -> Bool) -> Bool {
        value.split(whereSeparator: { !Self.isPartOfAddress($0) }).allSatisfy { word in
            PCIFunctionAddress(String(decoding: word, as: UTF8.self)).map { test($0.description) } ?? true
        }
    }

    /// The entry with each address replaced, once: what was put in is not looked at again.
    func replaced(_ addresses: [String: String]) -> String {
        var result = Array(name)
        var word: [UInt8] = []
        func finish() {
            let address = PCIFunctionAddress(String(decoding: word, as: UTF8.self))
            result += (address.flatMap { addresses[$0.description] }?.utf8).map(Array.init) ?? word
            word = []
        }
        for byte in value {
            if Self.isPartOfAddress(byte) {
                word.append(byte)
            } else {
                finish()
                result.append(byte)
            }
        }
        finish()
        return String(decoding: result, as: UTF8.self)
    }

    private static func isPartOfAddress(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: ":"), UInt8(ascii: "."):
            true
        default: byte >= 0x80
        }
    }
}
