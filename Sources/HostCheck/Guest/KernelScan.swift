import Glibc

/// Looks through a whole kernel for its release and its configuration.
struct KernelScan {
    private(set) var release: String?
    private(set) var configuration: [UInt8]?

    private static let banner = Array("Linux version ".utf8)
    /// What stands before the compressed configuration (kernel/configs.c).
    private static let mark = Array("IKCFG_ST".utf8)
    private static let largestKernel = 512 << 20
    private static let step = 1 << 20
    /// How much two pieces overlap, so that nothing is cut: more than either text and a release.
    private static let overlap = 256

    mutating func run(_ file: FileWindow) {
        var offset = 0
        while offset < Self.largestKernel {
            let piece = file.bytes(at: offset, count: Self.step + Self.overlap)
            // What starts in the overlap is found whole in the next piece.
            let isLast = piece.count <= Self.step
            func isWhole(_ place: Int) -> Bool { isLast || place < Self.step }
            for place in Self.places(of: Self.banner, in: piece) where release == nil && isWhole(place) {
                release = KernelImage.word(Array(piece[(place + Self.banner.count)...].prefix(128)))
            }
            for place in Self.places(of: Self.mark, in: piece) where configuration == nil && isWhole(place) {
                let start = file.bytes(at: offset + place + Self.mark.count, count: 1 << 20)
                if start.starts(with: [0x1f, 0x8b]) { configuration = start }
            }
            if release != nil, configuration != nil { return }
            if isLast { return }
            offset += Self.step
        }
    }

    /// Where a text starts in a piece. By memchr: a kernel has tens of megabytes.
    private static func places(of text: [UInt8], in piece: [UInt8]) -> [Int] {
        var found: [Int] = []
        piece.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, let first = text.first else { return }
            var offset = 0
            while bytes.count - offset >= text.count,
                let hit = memchr(base + offset, CInt(first), bytes.count - offset)
            {
                let place = base.distance(to: UnsafeRawPointer(hit))
                if bytes.count - place >= text.count, memcmp(base + place, text, text.count) == 0 {
                    found.append(place)
                }
                offset = place + 1
            }
        }
        return found
    }
}
