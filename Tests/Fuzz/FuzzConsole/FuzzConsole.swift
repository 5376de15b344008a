import FuzzSupport
import Glibc
import Hypervisor

@testable import QEMU

/// What a hostile guest writes to its console: into the log of bounded size, and cut into lines of bounded length.
///
/// First byte: the size of the pieces; second: the size of the log beyond the least.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzConsole(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = FuzzInput(start, count)
    let size = input.byte()
    let limit = 256 + Int(input.byte())
    let pieces = input.pieces(of: size)
    let path = "/dev/shm/fuzz-console-\(getpid())"
    guard let log = try? ConsoleLog(path: path, maximumBytes: limit) else { return 0 }
    defer { unlink(path) }
    var lines = ConsoleLines()
    var said = 0
    let onLine = { (line: ConsoleLine) in
        said += 1
        // Each byte that is no text becomes three.
        guard line.text.utf8.count <= 3 * ConsoleLine.longest else { fatalError("a line is too long") }
    }
    for piece in pieces {
        piece.withUnsafeBytes {
            log.append($0)
            lines.append($0, onLine)
        }
    }
    lines.finish(onLine)
    let all = pieces.joined()
    guard said <= all.count(where: { $0 == UInt8(ascii: "\n") }) + 1 else { fatalError("a line came twice") }
    let last = Array(Array(all).suffix(32))
    guard log.tail(32) == last else { fatalError("the tail is another") }
    log.finish()
    guard log.tail(32) == last, log.tail(.max).count <= limit else {
        fatalError("the tail is another when the log is in order")
    }
    return 0
}
