import AgentClient
import AgentProtocol
import FuzzSupport
import OCI

/// The documents of the OCI runtime specification, from their bytes to the message that the guest gets.
///
/// First byte: which document.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSpec(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = FuzzInput(start, count)
    let kind = input.byte()
    let document = Document(name: "config.json", bytes: input.bytes())
    var validator = SpecValidator()
    switch kind {
    case 1:
        guard let process = try? document.process(), (try? validator.check(process)) != nil else { break }
        _ = AgentProcess(process.forGuest().process)
    case 2:
        guard let resources = try? document.resources() else { break }
        _ = try? validator.check(resources)
    default:
        guard let spec = try? document.spec(), (try? validator.check(spec)) != nil else { break }
        _ = try? ContainerType(annotations: spec.annotations)
        var rewrite = GuestRewrite(rootPath: "/root", cgroupsPath: "/c")
        for (index, mount) in spec.mounts.enumerated() where mount.isBind {
            rewrite.mounts[index] = .source("/m/\(index)")
        }
        guard let guest = try? spec.forGuest(rewrite) else { break }
        _ = AgentSpec(guest.spec)
    }
    return 0
}
