import Configuration
import FuzzSupport

/// A configuration file, and annotations on top of one.
///
/// First byte: 0 for a file; else lines `key=value` are annotations over a configuration that allows all of them.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzConfiguration(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = FuzzInput(start, count)
    let isFile = input.byte() == 0
    let text = String(decoding: input.bytes(), as: UTF8.self)
    if isFile {
        _ = try? RuntimeConfiguration(texts: [ConfigurationText(name: "fuzz", text: text)])
    } else if let allowing {
        var annotations: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
            annotations["io.katacontainers.config." + (parts.first ?? "")] = parts.last ?? ""
        }
        _ = try? allowing.applying(annotations: annotations)
    }
    return 0
}

private let allowing = try? RuntimeConfiguration(texts: [
    ConfigurationText(
        name: "base",
        text: """
            [hypervisor.qemu]
            enable_annotations = ["default_vcpus", "default_max_vcpus", "default_memory", "enable_hugepages", \
              "enable_iommu", "create_container_timeout"]
            """)
])
