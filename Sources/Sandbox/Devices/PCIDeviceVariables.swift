import Hypervisor

/// The variables in which SR-IOV device plugins tell a container its PCI addresses: `PCIDEVICE_<resource>`, a list
/// separated by commas, and `PCIDEVICE_<resource>_INFO`, the same addresses as the keys of a JSON object.
///
/// The host's addresses mean nothing in the guest, and an agent that rewrites them itself does so for an exec only.
package struct PCIDeviceVariables: Sendable {
    private let guestAddresses: [String: String]

    /// Knows the guest's addresses of what was attached; those that nobody can know beforehand stay the host's.
    package init(_ attached: [AttachedDevice]) {
        var addresses: [String: String] = [:]
        var shared: Set<String> = []
        for device in attached {
            guard let host = device.hostAddress?.description, let guest = device.guestAddress else {
                continue
            }
            if addresses.updateValue(guest, forKey: host) != nil { shared.insert(host) }
        }
        // Two shares of one function can't be told apart by its address.
        guestAddresses = addresses.filter { !shared.contains($0.key) }
    }

    /// The same environment with the guest's addresses in those variables. All others stay as they are.
    package func rewritten(_ environment: [String]) -> [String] {
        guard !guestAddresses.isEmpty else { return environment }
        return environment.map { entry in
            guard entry.hasPrefix("PCIDEVICE_"), let equals = entry.firstIndex(of: "=") else { return entry }
            let value = entry[entry.index(after: equals)...]
            return entry[...equals] + rewritten(value)
        }
    }

    /// Replaces each address of a text, once: what was put in is not looked at again.
    private func rewritten(_ value: Substring) -> String {
        var result = ""
        var word: [UInt8] = []
        func finish() {
            let text = String(decoding: word, as: UTF8.self)
            result += guestAddresses[text.lowercased()] ?? text
            word = []
        }
        for byte in value.utf8 {
            if Self.isPartOfAddress(byte) {
                word.append(byte)
            } else {
                finish()
                result.unicodeScalars.append(Unicode.Scalar(byte))
            }
        }
        finish()
        return result
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
