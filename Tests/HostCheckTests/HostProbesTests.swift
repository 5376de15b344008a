import Foundation
import Linux
import Testing

@testable import HostCheck

/// Every miss of the probes that need no configuration.
@Suite struct HostProbesTests {
    private let fake: FakeHost

    init() throws {
        fake = try FakeHost()
    }

    private func expect(
        _ probe: any HostProbe, _ state: CheckRow.State, required: Bool, _ words: String...,
        location: SourceLocation = #_sourceLocation
    ) {
        let row = probe.row(on: fake.host)
        #expect(row.state == state, "\(row)", sourceLocation: location)
        #expect(row.isRequired == required, sourceLocation: location)
        #expect((row.state == .ok) || row.advice != nil, "a miss has advice", sourceLocation: location)
        for word in words {
            #expect("\(row.found) \(row.advice ?? "")".contains(word), "\(row)", sourceLocation: location)
        }
    }

    @Test func aHostThatHasEverything() {
        expect(LinuxProbe(), .ok, required: false, "6.12.95+deb12-amd64")
        expect(CapabilitiesProbe(), .ok, required: true, "user 0")
        expect(CgroupProbe(), .ok, required: true, "cgroup2 at", "cpuset cpu io memory pids")
        expect(MountCallsProbe(), .ok, required: true)
        expect(NamespacesProbe(), .ok, required: true)
        expect(SeccompProbe(), .ok, required: true, "kill_process")
        expect(StateFolderProbe(), .ok, required: true, "can be made")
        expect(OpenFilesProbe(), .ok, required: false, "524288")
        expect(LockedMemoryProbe(), .ok, required: false, "8388608 bytes")
        expect(ProcessesProbe(), .ok, required: false, "4194304", "any number")
        expect(PropagationProbe(), .ok, required: false, "shared:1")
        expect(OverlayProbe(), .ok, required: false)
        expect(IOMMUProbe(), .ok, required: false, "none")
        expect(UserNamespacesProbe(), .ok, required: false, "none")
    }

    @Test func anOldKernel() throws {
        try fake.write("proc/sys/kernel/osrelease", "5.10.0-35-amd64\n")
        expect(LinuxProbe(), .warning, required: false, "5.10.0-35-amd64", "5.12")
    }

    @Test func noProc() throws {
        try fake.remove("proc")
        expect(LinuxProbe(), .unknown, required: false, "osrelease")
        expect(PropagationProbe(), .unknown, required: false, "mountinfo")
    }

    @Test func anOrdinaryUser() {
        fake.host.caller = Caller(uid: 1000, capabilities: [])
        expect(CapabilitiesProbe(), .missing, required: true, "user 1000", "CAP_SYS_ADMIN", "as root")
    }

    @Test func rootThatLacksOneCapability() {
        fake.host.caller.capabilities.remove(.mknod)
        expect(CapabilitiesProbe(), .missing, required: true, "user 0 lacks CAP_MKNOD", "give containerd")
    }

    @Test func rootWithoutResourceCapability() {
        fake.host.caller.capabilities.remove(.sysResource)
        expect(CapabilitiesProbe(), .warning, required: true, "CAP_SYS_RESOURCE")
    }

    @Test func everyRequiredCapabilityHasAName() {
        fake.host.caller.capabilities = []
        let found = CapabilitiesProbe().row(on: fake.host).found
        #expect(found.split(separator: ",").count == CapabilitiesProbe.required.rawValue.nonzeroBitCount)
    }

    @Test func effectiveCapabilitiesAreReadFromTheStatusFile() {
        let status = "Name:\tx\nCapPrm:\t0\nCapEff:\t000001fffeffffff\nCapBnd:\t0\n"
        let set = Caller.effectiveCapabilities(status)
        #expect(set?.contains(.sysAdmin) == true)
        #expect(set?.contains(.sysResource) == false)
        #expect(Caller.effectiveCapabilities("CapEff:\tx\n") == nil)
    }

    @Test func cgroupsOfVersionOne() throws {
        try fake.remove("sys/fs/cgroup/cgroup.controllers")
        expect(CgroupProbe(), .missing, required: true, "neither", "mount cgroup2")
        try fake.write("sys/fs/cgroup/freezer/cgroup.procs", "")
        expect(CgroupProbe(), .ok, required: true, "v1 freezer")
        try fake.write("sys/fs/cgroup/unified/cgroup.controllers", "")
        expect(CgroupProbe(), .ok, required: true, "cgroup2 beside v1")
    }

    @Test func aKernelWithoutTheMountCalls() {
        fake.host.kernel.copyMount = { .ENOSYS }
        expect(MountCallsProbe(), .missing, required: true, "open_tree", "5.12")
    }

    @Test func mountCallsThatAreForbidden() {
        fake.host.kernel.makeFileSystem = { .EPERM }
        expect(MountCallsProbe(), .missing, required: true, "fsopen", "CAP_SYS_ADMIN")
    }

    @Test func namespacesThatAreNotThere() throws {
        try fake.remove("proc/self/ns/net")
        expect(NamespacesProbe(), .missing, required: true, "no net namespaces")
    }

    @Test func namespacesThatAreUsedUp() throws {
        try fake.write("proc/sys/user/max_pid_namespaces", "0\n")
        expect(NamespacesProbe(), .missing, required: true, "user.max_pid_namespaces")
    }

    @Test func namespacesThatAreForbidden() {
        fake.host.kernel.makeNamespaces = { _ in .EPERM }
        expect(NamespacesProbe(), .missing, required: true, "CAP_SYS_ADMIN")
    }

    @Test func noSeccomp() throws {
        try fake.remove("proc/sys/kernel/seccomp")
        expect(SeccompProbe(), .missing, required: true, "CONFIG_SECCOMP_FILTER")
    }

    @Test func noStateFolder() throws {
        try fake.remove("run")
        expect(StateFolderProbe(), .missing, required: true, "no such file", "tmpfs")
        try fake.makeFolder("run/swiftlet")
        expect(StateFolderProbe(), .ok, required: true, "run/swiftlet'")
    }

    @Test func lowLimits() throws {
        try fake.write(
            "proc/self/limits",
            "Max processes             100   200    processes\nMax open files            1024   4096    files\n"
        )
        expect(OpenFilesProbe(), .warning, required: false, "4096", "LimitNOFILE")
        expect(ProcessesProbe(), .warning, required: false, "LimitNPROC 200", "raise LimitNPROC")
        expect(LockedMemoryProbe(), .ok, required: false, "unknown")
    }

    @Test func fewProcessNumbers() throws {
        try fake.write("proc/sys/kernel/pid_max", "301\n")
        expect(ProcessesProbe(), .warning, required: false, "raise kernel.pid_max")
    }

    @Test func noOverlay() throws {
        try fake.write("proc/filesystems", "nodev\tproc\nnodev\toverlayish\n")
        expect(OverlayProbe(), .warning, required: false, "overlay")
    }

    @Test func iommuGroupsAreCounted() throws {
        try fake.makeFolder("sys/kernel/iommu_groups/0")
        try fake.makeFolder("sys/kernel/iommu_groups/1")
        expect(IOMMUProbe(), .ok, required: false, "2 groups")
    }

    @Test func containerdAndShim() throws {
        expect(ContainerdProbe(), .warning, required: false, "install containerd")
        expect(ShimProbe(), .warning, required: false, "runtime_path")
        try fake.write("bin/containerd", "")
        try fake.write("bin/containerd-shim-swiftlet-v2", "")
        fake.programs([
            "containerd --version": .said("containerd github.com/containerd/containerd 1.7.24~ds1 1\n")
        ])
        expect(ContainerdProbe(), .ok, required: false, "1.7.24~ds1, does not listen at")
        expect(ShimProbe(), .ok, required: false, "containerd-shim-swiftlet-v2'")
        fake.programs(["containerd": ProgramOutcome(.ended(.exited(127)), "no libc")])
        expect(ContainerdProbe(), .warning, required: false, "exited with 127 and said 'no libc'")
    }
}
