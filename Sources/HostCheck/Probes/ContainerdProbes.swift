import Linux
import Sandbox

/// containerd: whether one listens at the usual place, and which one is installed.
struct ContainerdProbe: HostProbe {
    func row(on host: CheckHost) -> CheckRow {
        let name = "containerd"
        // `run` is the folder of this product beside containerd's own.
        let socket =
            host.roots.run.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
            + "/containerd/containerd.sock"
        guard let program = host.find("containerd") else {
            return CheckRow(
                name, .warning, "no program 'containerd' on the PATH",
                advice: "install containerd 1.6 or newer")
        }
        let outcome = host.programs.output(program, "--version")
        guard outcome.isSuccess, let version = ProgramVersion(in: outcome.firstLine) else {
            return CheckRow(
                name, .warning, "'\(program)' does not run: \(outcome.failure)", advice: "reinstall it")
        }
        let listening =
            switch try? probeUnixSocket(socket) {
            case .live: "listens at"
            case nil: "can't be asked at"
            default: "does not listen at"
            }
        return CheckRow(name, .ok, "\(version), \(listening) '\(socket)'")
    }
}

/// The shim, which containerd finds by its name on its own PATH.
struct ShimProbe: HostProbe {
    private static let program = "containerd-shim-swiftlet-v2"

    func row(on host: CheckHost) -> CheckRow {
        guard let path = host.find(Self.program) else {
            return CheckRow(
                "shim", .warning, "no program '\(Self.program)' on the PATH",
                advice: "install it into a folder of containerd's PATH, or name it by runtime_path")
        }
        return CheckRow("shim", .ok, "'\(path)'")
    }
}
