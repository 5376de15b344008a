import Configuration
import Glibc
import Linux
import Testing

@testable import HostCheck

/// Every miss of the probes of what passed-through devices need; with no port they are for information only.
@Suite struct VFIOProbesTests {
    private let fake: FakeHost

    init() throws {
        fake = try FakeHost()
    }

    private func expect(
        _ probe: any ConfiguredProbe, _ state: CheckRow.State, keys: String = "", _ words: String...,
        location: SourceLocation = #_sourceLocation
    ) throws {
        let port = try fake.configuration("cold_plug_vfio = \"root-port\"\n\(keys)")
        let row = probe.row(port, on: fake.host, earlier: [])
        #expect(row.state == state, "\(row)", sourceLocation: location)
        #expect(!row.isRequired, "a container without devices runs all the same", sourceLocation: location)
        #expect(
            state == .ok || state == .unknown || row.advice != nil, "a miss has advice",
            sourceLocation: location)
        for word in words {
            #expect("\(row.found) \(row.advice ?? "")".contains(word), "\(row)", sourceLocation: location)
        }
        let none = probe.row(try fake.configuration(), on: fake.host, earlier: [])
        #expect(none.state == .ok || none.state == .unknown, "\(none)", sourceLocation: location)
        #expect(none.found.contains("not needed") || none.state == .unknown, sourceLocation: location)
        #expect(none.advice == nil, sourceLocation: location)
    }

    @Test func driver() throws {
        try expect(VFIODriverProbe(), .missing, "modprobe vfio-pci")
        try fake.makeFolder("sys/bus/pci/drivers/vfio-pci")
        try expect(VFIODriverProbe(), .ok, "vfio-pci")
    }

    @Test func nodes() throws {
        try expect(VFIONodesProbe(), .missing, "dev/vfio/vfio'", "vfio-pci")
        try fake.write("dev/vfio/vfio", "")
        try expect(VFIONodesProbe(), .ok, "dev/vfio/vfio' opens")
        try fake.makeFolder("sys/class/vfio-dev")
        try expect(VFIONodesProbe(), .ok, "dev/vfio/vfio' opens")
        try fake.write("dev/iommu", "")
        try expect(VFIONodesProbe(), .ok, "dev/iommu' opens")
    }

    @Test func memory() throws {
        // 8 MiB are allowed, 3 GiB are locked.
        try expect(
            VFIOMemoryProbe(), .ok, keys: "default_memory = 2048", "3221225472 bytes", "8388608 bytes",
            "which the shim raises")
        fake.host.caller.capabilities.remove(.sysResource)
        try expect(VFIOMemoryProbe(), .ok, keys: "default_memory = 2048", "which CAP_IPC_LOCK lifts")
        fake.host.caller.capabilities.remove(.ipcLock)
        try expect(
            VFIOMemoryProbe(), .missing, keys: "default_memory = 2048", "3221225472 bytes", "LimitMEMLOCK",
            "CAP_SYS_RESOURCE")
        try fake.write("proc/self/limits", "Max locked memory  4294967296  4294967296  bytes\n")
        try expect(VFIOMemoryProbe(), .ok, keys: "default_memory = 2048", "which is enough")
        try expect(VFIOMemoryProbe(), .missing, keys: "default_memory = 4096")
        try fake.write("proc/self/limits", "")
        try expect(VFIOMemoryProbe(), .unknown, "limits")
    }

    @Test func devicesThatDidNotComeBack() throws {
        try expect(VFIODevicesProbe(), .ok, "none")
        let folder = "sys/bus/pci/devices/0000:65:00.0"
        for (name, text) in [
            ("vendor", "0x10de"), ("device", "0x2330"), ("class", "0x030200"),
            ("driver_override", "vfio-pci"),
        ] {
            try fake.write("\(folder)/\(name)", "\(text)\n")
        }
        try fake.makeFolder("sys/bus/pci/drivers/vfio-pci")
        try #require(
            symlink(fake.path("sys/bus/pci/drivers/vfio-pci"), fake.path("\(folder)/driver")) == 0)
        try expect(VFIODevicesProbe(), .warning, "nobody's", "0000:65:00.0", "swiftlet devices")
        try fake.write(
            "run/swiftlet/vfio/quarantine/0000:65:00.0.json",
            #"{"record":{"address":"0000:65:00.0","vendor":4318,"device":9008,"group":7,"boundDriver":"vfio-pci"},"#
                + #""reason":"it hangs"}"#)
        try expect(VFIODevicesProbe(), .warning, "set aside: 0000:65:00.0")
    }
}
