import CCap
package import RuntimeErrors

extension CapabilityPlan {
    /// The mask of capabilities given by name (`CAP_CHOWN`), as libcap knows them.
    ///
    /// - Throws: `invalidArgument` for a name that is none.
    package static func mask(of names: [String]) throws(RuntimeError) -> UInt64 {
        var mask: UInt64 = 0
        for name in names {
            var number = cap_value_t()
            guard cap_from_name(lowercased(name), &number) == 0, (0..<64).contains(number) else {
                throw RuntimeError(
                    .invalidArgument, "can't grant the capability '\(name)': no capability has this name")
            }
            mask |= 1 << UInt64(number)
        }
        return mask
    }

    private static func lowercased(_ name: String) -> String {
        String(
            decoding: name.utf8.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}
