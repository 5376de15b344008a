import Glibc
import Linux
import RuntimeErrors

/// Makes the mounts of a container beneath its root.
struct MountMaker {
    let root: ContainerRoot

    /// Makes one mount.
    func make(_ plan: MountPlan) throws {
        do {
            if plan.options.bind {
                try bind(plan)
            } else {
                try mount(plan)
            }
        } catch let error as Errno {
            throw RuntimeError(
                error, "can't mount '\(plan.source)' at '\(plan.destination)' in the container")
        }
    }

    private func bind(_ plan: MountPlan) throws {
        let source: SharedDescriptor
        do {
            // What the host shares is never a link: one here was put by somebody else.
            source = try openDescriptor(
                plan.source, flags: pathOnly, resolution: [.noSymlinks, .noMagicLinks]
            ).shared()
        } catch {
            throw RuntimeError(error, "can't open the mount source '\(plan.source)' in the guest")
        }
        let kind: ContainerRoot.Kind = try FileKind(of: source.raw) == .directory ? .directory : .file
        let target = try root.openOrMake(plan.destination, kind)
        if !Self.mayCover(plan.destination) { try refuseProcfs(target, plan) }
        let mount = try DetachedMount(cloning: "", in: source.raw, recursive: plan.options.recursiveBind)
        try mount.apply(plan.options)
        try mount.attach(to: target)
    }

    private func mount(_ plan: MountPlan) throws {
        let type = plan.type == "cgroup" ? "cgroup2" : plan.type
        let target =
            ["proc", "sysfs"].contains(type)
            ? try plainTarget(plan) : try root.openOrMake(plan.destination, .directory)
        if type != "proc" { try refuseProcfs(target, plan) }
        // The launcher gives a terminal's slave to the group that the option names; cgroup v1's options mean
        // nothing to v2.
        let data = type == "cgroup2" ? [] : plan.options.data
        let mount = try DetachedMount.new(
            type: type, source: plan.source, data: data, attributes: .init(rawValue: plan.options.set))
        try mount.apply(plan.options)
        try mount.attach(to: target)
    }

    /// A mount in /proc could make programs of the runtime and the container write elsewhere than they mean.
    private func refuseProcfs(_ target: SharedDescriptor, _ plan: MountPlan) throws {
        guard try FileSystemMagic.proc.holds(target.raw) else { return }
        throw RuntimeError(
            .permissionDenied,
            "can't mount at '\(plan.destination)' in the container: it lies in /proc; mount elsewhere")
    }

    /// Kernel file systems are only mounted on a real folder: with a link, later paths would mean another place.
    private func plainTarget(_ plan: MountPlan) throws -> SharedDescriptor {
        _ = try root.openOrMake(plan.destination, .directory)
        do {
            return try root.openPlain(plan.destination, flags: pathOnly | O_DIRECTORY)
        } catch {
            guard error == .ELOOP else { throw error }
            throw RuntimeError(
                .invalidArgument,
                "can't mount \(plan.type) at '\(plan.destination)' in the container: a symbolic link is in the way; "
                    + "use an image with a real folder there")
        }
    }

    /// Files of /proc that describe the machine and may be replaced, as container managers do.
    private static func mayCover(_ destination: String) -> Bool {
        [
            "/proc/cpuinfo", "/proc/diskstats", "/proc/meminfo", "/proc/stat", "/proc/swaps", "/proc/uptime",
            "/proc/loadavg", "/proc/slabinfo", "/proc/net/dev", "/proc/sys/kernel/ns_last_pid",
            "/proc/sys/crypto/fips_enabled",
        ].contains(destination)
    }
}
