import Glibc

/// Strings in memory of their own, for C structures that outlive a `withCString` closure.
final class CStrings {
    private var owned: [UnsafeMutablePointer<CChar>] = []
    private var vectors: [UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>] = []

    /// A copy of `text`.
    ///
    /// - Throws: `EINVAL` if it holds a NUL, which C would take for its end; `ENOMEM`.
    func copy(_ text: String) throws(Errno) -> UnsafeMutablePointer<CChar> {
        guard !text.utf8.contains(0) else { throw .EINVAL }
        guard let copy = strdup(text) else { throw .ENOMEM }
        owned.append(copy)
        return copy
    }

    /// A vector of copies that ends with NULL, as execve wants it.
    func vector(_ texts: [String]) throws(Errno) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
        let vector = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: texts.count + 1)
        vector.initialize(repeating: nil, count: texts.count + 1)
        vectors.append(vector)
        for (index, text) in texts.enumerated() { vector[index] = try copy(text) }
        return vector
    }

    deinit {
        for pointer in owned { free(pointer) }
        for vector in vectors { vector.deallocate() }
    }
}
