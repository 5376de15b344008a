extension ContainerCgroup {
    /// The number that a control file holds; "max" is the largest one.
    package func value(_ name: String) -> UInt64? {
        guard let text = read(name)?.split(separator: "\n").first else { return nil }
        return text == "max" ? .max : UInt64(text)
    }

    /// The lines of a control file that are a key and a number.
    package func keyedValues(_ name: String) -> [String: UInt64] {
        var values: [String: UInt64] = [:]
        for line in (read(name) ?? "").split(separator: "\n") {
            let parts = line.split(separator: " ")
            guard parts.count == 2, let value = UInt64(parts[1]) else { continue }
            values[String(parts[0])] = value
        }
        return values
    }

    /// One device's line of io.stat.
    package struct DeviceUse: Sendable, Equatable {
        package var major: UInt64
        package var minor: UInt64
        /// By the kernel's names: rbytes, wbytes, rios, wios …
        package var values: [String: UInt64]
    }

    /// The lines of io.stat.
    package var deviceUse: [DeviceUse] {
        (read("io.stat") ?? "").split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            let numbers = (words.first ?? "").split(separator: ":")
            guard numbers.count == 2, let major = UInt64(numbers[0]), let minor = UInt64(numbers[1]) else {
                return nil
            }
            var values: [String: UInt64] = [:]
            for word in words.dropFirst() {
                let parts = word.split(separator: "=")
                guard parts.count == 2, let value = UInt64(parts[1]) else { continue }
                values[String(parts[0])] = value
            }
            return DeviceUse(major: major, minor: minor, values: values)
        }
    }
}
