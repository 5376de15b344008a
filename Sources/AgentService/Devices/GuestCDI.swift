import AgentProtocol
import CDI
import GuestRuntime
import Linux
import LoopSupport
import OCI
import RuntimeErrors

/// Gives containers what the CDI files of the guest say of their devices, once these files are there.
struct GuestCDI: Sendable {
    let settings: DeviceSettings
    /// Until when the folder of the files may take to appear.
    let folderDeadline: ContinuousClock.Instant
    let effects: EffectThread
    let loop: MainLoop
    let log: AgentLog

    /// What one look into the folder brings.
    private enum Look: Sendable {
        case done(Spec, InjectionReport)
        case noFolder
        /// No file is there yet for a kind of device.
        case unknownKind(RuntimeError)
    }

    /// Edits a specification.
    ///
    /// A generator in the guest may still be at work: as long as no file names the kind of a device, all are read again
    /// each second. A kind whose files do not have the device is complete, and nobody waits. A folder that is not there
    /// at all has no generator: the container goes without, since the device itself is there.
    /// - Parameter end: when the caller must know the outcome.
    /// - Throws: `notFound` for a device that the files do not have, `deadlineExceeded` when there is no file for its
    ///   kind in time.
    func inject(
        _ wanted: VisibleDevices, into spec: inout AgentSpec, of id: String, by end: ContinuousClock.Instant?
    ) async throws {
        let start = ContinuousClock.now
        let deadline = min(start + settings.cdiTimeout, end ?? start + settings.cdiTimeout)
        var isTold = false
        let before = spec.forCDI
        while true {
            switch try await look(wanted, before, id) {
            case .done(let edited, let report):
                spec.take(edited)
                DeviceAnnotations.strip(&spec.annotations)
                tell(report, of: id)
                return
            case .noFolder:
                guard ContinuousClock.now < folderDeadline else {
                    DeviceAnnotations.strip(&spec.annotations)
                    log.write(
                        .warning,
                        "container '\(id)' goes without \(Self.words(wanted)): nothing in the guest makes CDI files, "
                            + "there is no folder '\(settings.cdiFolder)'")
                    return
                }
            case .unknownKind(let error):
                guard ContinuousClock.now < deadline else {
                    throw RuntimeError(
                        .deadlineExceeded,
                        "can't give container '\(id)' its CDI devices: no file for their kind has come in "
                            + "\((ContinuousClock.now - start).components.seconds) s", cause: error)
                }
                if !isTold { log.write(.information, "container '\(id)' waits for CDI files: \(error)") }
                isTold = true
            }
            try await loop.sleep(for: settings.cdiInterval)
        }
    }

    private func look(_ wanted: VisibleDevices, _ spec: Spec, _ id: String) async throws -> Look {
        let settings = settings
        return try await effects.run("read the guest's CDI files", deadline: .seconds(60)) {
            guard SysfsReader().exists(settings.cdiFolder) else { return .noFolder }
            let registry = Registry(folders: [settings.cdiFolder])
            let known = Set(registry.names.map(\.kind))
            let missing = wanted.wantedKinds.filter { !known.contains($0) }
            guard missing.isEmpty else {
                return .unknownKind(Self.unknown(missing, registry))
            }
            var edited = spec
            let report = try Injection(registry, roots: settings.roots)
                .inject(wanted.resolved(among: registry.names), into: &edited)
            return .done(edited, report)
        }
    }

    private func tell(_ report: InjectionReport, of id: String) {
        if let hooks = report.hooksWarning { log.write(.warning, "container '\(id)': \(hooks)") }
        if !report.netDevices.isEmpty {
            log.write(.warning, "container '\(id)': network interfaces of CDI files are not moved")
        }
    }

    /// The first problems say best why a file that is there does not count.
    private static func unknown(_ kinds: [String], _ registry: Registry) -> RuntimeError {
        let words = kinds.prefix(8).map { excerpt($0) }.joined(separator: ", ")
        let problems = registry.problems.prefix(4).map(\.description).joined(separator: ", ")
        return RuntimeError(
            .notFound,
            "no CDI file in '\(registry.folders.joined(separator: "', '"))' has devices of \(words)"
                + (problems.isEmpty ? "" : "; problems: \(problems)"))
    }

    private static func words(_ wanted: VisibleDevices) -> String {
        let names = wanted.names.map(\.description) + wanted.kinds.map { "\($0)=all" }
        let more = names.count - 8
        return names.prefix(8).map { excerpt($0) }.joined(separator: ", ")
            + (more > 0 ? " and \(more) more" : "")
    }
}
