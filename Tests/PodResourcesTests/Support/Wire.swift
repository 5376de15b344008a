/// Protocol buffers by hand, so that the numbers of the generated code are not tested against themselves.
enum Wire {
    /// A field that holds bytes: a text or a message.
    static func field(_ number: Int, _ content: [UInt8]) -> [UInt8] {
        varint(number << 3 | 2) + varint(content.count) + content
    }

    static func field(_ number: Int, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }

    /// A field that holds a number.
    static func field(_ number: Int, number value: Int) -> [UInt8] { varint(number << 3) + varint(value) }

    private static func varint(_ value: Int) -> [UInt8] {
        var (bytes, rest): ([UInt8], Int) = ([], value)
        while rest > 0x7f {
            bytes.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    /// A pod as `PodResources` of the kubelet, with all a kubelet says beyond what is asked for.
    static func pod(_ name: String, _ namespace: String, _ containers: [[UInt8]]) -> [UInt8] {
        field(1, name) + field(2, namespace) + containers.flatMap { field(3, $0) }
    }

    static func container(
        _ name: String, devices: [(resource: String, ids: [String])] = [], claimed: [String] = []
    ) -> [UInt8] {
        let topology = field(1, field(1, number: 1))
        let plugins = devices.flatMap { resource, ids in
            field(2, field(1, resource) + ids.flatMap { field(2, $0) } + field(3, topology))
        }
        let memory = field(4, field(1, "memory") + field(2, number: 1 << 30) + field(3, topology))
        let claim = claimed.flatMap { field(1, field(1, $0)) }
        let claims =
            claimed.isEmpty
            ? []
            : field(
                5,
                field(2, "claim") + field(3, "ns")
                    + field(4, claim + field(2, "driver") + field(3, "pool") + field(4, "device")))
        return field(1, name) + plugins + field(3, [0, 1, 2]) + memory + claims
    }
}
