internal import CLinux
package import Glibc
import RuntimeErrors

/// Starts a child as `launch` says. The calling thread waits until the program is executed or the attempt has
/// failed, well under a millisecond; nothing but C runs in between, and the heap is not copied.
///
/// - Returns: the child's pid, to be reaped by the caller, and a pidfd for signals.
/// - Throws: `RuntimeError` that names the step that failed and its object; no child is left then.
package func spawn(_ launch: ChildLaunch) throws -> (pid: pid_t, pidfd: SharedDescriptor) {
    try check(launch)
    var procs: [SharedDescriptor] = []
    for path in launch.cgroupProcsPaths {
        do throws(Errno) {
            procs.append(try openDescriptor(path, flags: O_WRONLY).shared())
        } catch {
            throw RuntimeError(error, "can't start '\(launch.executable)': cannot open '\(path)'")
        }
    }
    var result = CLinux_spawn_result()
    let code = try withRequest(launch, procs: procs.map(\.raw)) { CLinux_spawn(&$0, &result) }
    withExtendedLifetime(procs) {}
    guard code < 0 else { return (result.pid, SharedDescriptor(owning: result.pidfd)) }
    let error = Errno(rawValue: 0 - code)
    throw RuntimeError(error, "can't start '\(launch.executable)': \(failure(launch, result))")
}

/// Refuses what the C side could only truncate.
private func check(_ launch: ChildLaunch) throws(RuntimeError) {
    let limit = 253
    guard launch.descriptors.count <= limit, launch.descriptors.allSatisfy({ (0...1023).contains($0.target) })
    else {
        throw RuntimeError(
            .invalidArgument,
            "can't start '\(launch.executable)': a child takes at most \(limit) descriptors, numbered up to 1023"
        )
    }
    guard Set(launch.descriptors.map(\.target)).count == launch.descriptors.count else {
        throw RuntimeError(
            .invalidArgument, "can't start '\(launch.executable)': two descriptors are meant for one number")
    }
}

/// Calls `body` with the C form of `launch`, whose pointers are valid for the length of the call.
private func withRequest(
    _ launch: ChildLaunch, procs: [CInt], _ body: (inout CLinux_spawn_request) -> CInt
) throws -> CInt {
    let strings = CStrings()
    defer { withExtendedLifetime(strings) {} }
    var request = CLinux_spawn_request()
    do throws(Errno) {
        request.executable = UnsafePointer(try strings.copy(launch.executable))
        request.arguments = UnsafePointer(try strings.vector(launch.arguments))
        request.environment = UnsafePointer(try strings.vector(launch.environment))
        if let path = launch.workingDirectory {
            request.working_directory = UnsafePointer(try strings.copy(path))
        }
        if let path = launch.root { request.root = UnsafePointer(try strings.copy(path)) }
    } catch {
        throw RuntimeError(
            error, "can't start '\(launch.executable)': a path, argument or variable holds a NUL byte")
    }
    setScalars(of: &request, from: launch)
    let placements = launch.descriptors.map { CLinux_placement(source: $0.source, target: $0.target) }
    let limits = launch.resourceLimits.map {
        CLinux_limit(resource: $0.resource.rawValue, soft: $0.soft, hard: $0.hard)
    }
    return placements.withUnsafeBufferPointer { placements in
        limits.withUnsafeBufferPointer { limits in
            launch.joinNamespaces.withUnsafeBufferPointer { joined in
                procs.withUnsafeBufferPointer { procs in
                    (launch.identity?.groups ?? []).withUnsafeBufferPointer { groups in
                        (request.descriptors, request.descriptor_count) = pair(placements)
                        (request.limits, request.limit_count) = pair(limits)
                        (request.join_namespaces, request.join_count) = pair(joined)
                        (request.cgroup_procs, request.cgroup_procs_count) = pair(procs)
                        (request.groups, request.group_count) = pair(groups)
                        return body(&request)
                    }
                }
            }
        }
    }
}

private func pair<Element>(
    _ buffer: UnsafeBufferPointer<Element>
) -> (UnsafePointer<Element>?, CUnsignedInt) {
    (buffer.baseAddress, CUnsignedInt(clamping: buffer.count))
}

private func setScalars(of request: inout CLinux_spawn_request, from launch: ChildLaunch) {
    request.new_namespaces = launch.newNamespaces.rawValue
    request.cgroup = launch.cgroup ?? -1
    if let score = launch.oomScoreAdjust {
        request.set_oom_score = launch.toleratesOOMScoreRefusal ? 2 : 1
        request.oom_score = CInt(clamping: score)
    }
    if let identity = launch.identity {
        request.set_user = 1
        request.user = identity.uid
        request.group = identity.gid
    }
    if let kept = launch.boundingCapabilities {
        request.set_bounding = 1
        request.bounding = kept.union(launch.ambientCapabilities).rawValue
    }
    request.ambient = launch.ambientCapabilities.rawValue
    request.no_new_privileges = launch.noNewPrivileges ? 1 : 0
    request.death_signal = launch.parentDeathSignal ?? 0
    request.new_session = launch.newSession ? 1 : 0
}

/// The step that failed, in words.
private func failure(_ launch: ChildLaunch, _ result: CLinux_spawn_result) -> String {
    let index = Int(result.index)
    switch Int(result.step) {
    case CLINUX_SPAWN_CLONE: return "cannot make a process"
    case CLINUX_SPAWN_SESSION: return "cannot make a session"
    case CLINUX_SPAWN_OOM: return "cannot set its oom score to \(launch.oomScoreAdjust ?? 0)"
    case CLINUX_SPAWN_CGROUP:
        let path = launch.cgroupProcsPaths.indices.contains(index) ? launch.cgroupProcsPaths[index] : ""
        return "cannot join the cgroup of '\(path)'"
    case CLINUX_SPAWN_NAMESPACE: return "cannot enter namespace \(index) of its list"
    case CLINUX_SPAWN_ROOT: return "cannot make '\(launch.root ?? "/")' its root"
    case CLINUX_SPAWN_DIRECTORY: return "cannot enter '\(launch.workingDirectory ?? "/")'"
    case CLINUX_SPAWN_DESCRIPTORS: return "cannot place descriptor \(index) of its list"
    case CLINUX_SPAWN_LIMIT:
        guard launch.resourceLimits.indices.contains(index) else { return "cannot set a limit" }
        let limit = launch.resourceLimits[index]
        return "cannot set the limit \(limit.resource) to \(limit.soft), at most \(limit.hard)"
    case CLINUX_SPAWN_CAPABILITIES: return "cannot drop capabilities"
    case CLINUX_SPAWN_USER: return "cannot become user \(launch.identity?.uid ?? 0)"
    case CLINUX_SPAWN_NO_NEW_PRIVILEGES: return "cannot give up new privileges"
    case CLINUX_SPAWN_PARENT: return "cannot follow its parent"
    default: return "cannot execute it"
    }
}
