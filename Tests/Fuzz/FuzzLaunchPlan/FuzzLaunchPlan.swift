import AgentProtocol
import FuzzSupport
import GuestRuntime
import SwiftProtobuf

@testable import AgentService

/// What the agent takes from the host and hands its launcher, and what the launcher and the agent read of each other.
///
/// First byte: the message.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzLaunchPlan(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = FuzzInput(start, count)
    let kind = input.byte()
    let bytes = input.bytes()
    switch kind {
    case 0:
        guard let request = try? AgentCreateContainerRequest(serializedBytes: bytes) else { break }
        if let devices = try? DeviceRequests(request, readsVariable: true) {
            checkPaths(devices.devices.flatMap(\.paths))
        }
        _ = try? request.storages.map(StorageMount.init)
        if let resources = try? ResourcePlan(request.oci.linux.resources) {
            _ = DeviceProgram(request.oci.deviceRules(resources.devices, nodes: []))
        }
        if let plan = try? LaunchPlan(container: "c", request.oci) { checkRoundTrip(plan) }
    case 1:
        guard let request = try? AgentExecProcessRequest(serializedBytes: bytes) else { break }
        if let process = try? ProcessPlan(request.process) { checkRoundTrip(process) }
    case 2:
        if let plan = try? PlanCoder.decode(LaunchPlan.self, from: bytes) { checkRoundTrip(plan) }
    default:
        _ = LauncherMessage(bytes)?.bytes
    }
    return 0
}

/// A path is written as one that reads alike.
private func checkPaths(_ paths: [GuestPCIPath]) {
    for path in paths where GuestPCIPath(path.description) != path {
        fatalError("the path '\(path)' can't be read back")
    }
}

/// A plan that is written, read and written again is the same: what was checked is what is carried out.
private func checkRoundTrip<Plan: PlanValue>(_ plan: Plan) {
    guard let bytes = try? PlanCoder.encode(plan), let again = try? PlanCoder.decode(Plan.self, from: bytes)
    else {
        fatalError("a plan can't be read back")
    }
    guard (try? PlanCoder.encode(again)) == bytes else { fatalError("a plan comes out as another") }
}
