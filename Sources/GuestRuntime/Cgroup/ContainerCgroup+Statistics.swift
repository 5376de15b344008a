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

    /// The numbers of a pressure file: `some.total` in microseconds, `full.avg10` in hundredths of a percent.
    ///
    /// Empty if the kernel does not account for pressure.
    package func pressure(_ name: String) -> [String: UInt64] {
        var values: [String: UInt64] = [:]
        for line in (read(name) ?? "").split(separator: "\n") {
            let words = line.split(separator: " ")
            for word in words.dropFirst() {
                let parts = word.split(separator: "=")
                guard parts.count == 2, let first = words.first else { continue }
                // The kernel always writes two digits behind the point.
                let isAverage = parts[0].hasPrefix("avg")
                let digits = isAverage ? String(parts[1].filter { $0 != "." }) : String(parts[1])
                if let value = UInt64(digits) { values["\(first).\(parts[0])"] = value }
            }
        }
        return values
    }

    /// The sizes of huge pages that the kernel accounts for, as `2MB`.
    package var hugePageSizes: [String] {
        let (begin, end) = ("hugetlb.", ".current")
        return names.compactMap { name in
            guard name.hasPrefix(begin), name.hasSuffix(end), !name.hasSuffix(".rsvd.current") else {
                return nil
            }
            return String(name.dropFirst(begin.count).dropLast(end.count))
        }.sorted()
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
