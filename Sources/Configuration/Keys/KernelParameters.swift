/// What `kernel_params` may hold.
enum KernelParameters {
    /// The kernel reads 2047 bytes; the runtime's own words have fewer than the rest.
    static let mostBytes = 1792

    /// What is wrong with a value, as the rest of a sentence, or nil.
    static func fault(_ value: String) -> String? {
        let count = value.utf8.count
        guard count <= mostBytes else { return "has \(count) bytes; shorten it to at most \(mostBytes)" }
        // The kernel takes a quoted part as one word, in which blanks count; here words are parted at blanks.
        guard !value.utf8.contains(UInt8(ascii: "\"")) else {
            return "has a double quote, and words with blanks in them can't be given; remove it"
        }
        return nil
    }
}
