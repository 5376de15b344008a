/// Reads numbers of fixed width from bytes of others, with no say for signs, blanks or digits of other scripts.
enum HexNumber {
    /// The number that `digits` write in base 16; nil unless there are as many as `count` allows.
    static func read(_ digits: some Collection<UInt8>, count: ClosedRange<Int>) -> UInt32? {
        guard count.contains(digits.count), digits.count <= 8 else { return nil }
        var number: UInt32 = 0
        for digit in digits {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = digit - UInt8(ascii: "A") + 10
            default: return nil
            }
            number = number << 4 | UInt32(value)
        }
        return number
    }

    /// A number in base 16 with at least `width` digits.
    static func text(_ number: some BinaryInteger, width: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
