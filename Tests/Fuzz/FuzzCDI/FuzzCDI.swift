import CDI
import FuzzSupport

/// A CDI file, or the annotations that name devices.
///
/// First byte: 0 for a file, JSON or YAML; else lines `key=value` are annotations.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCDI(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = FuzzInput(start, count)
    if input.byte() == 0 {
        _ = try? SpecFile(path: "fuzz", bytes: input.bytes())
        return 0
    }
    var annotations: [String: String] = [:]
    for line in String(decoding: input.bytes(), as: UTF8.self).split(separator: "\n") {
        let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
        annotations[DeviceAnnotations.prefix + (parts.first ?? "")] = parts.last ?? ""
    }
    _ = try? DeviceAnnotations(annotations)
    DeviceAnnotations.strip(&annotations)
    precondition(annotations.isEmpty)
    return 0
}
