import Configuration
import RuntimeErrors
import Testing

@testable import HostCheck

@Suite struct HostCheckTests {
    private static let names = [
        "configuration", "linux", "capabilities", "cgroups", "mount-calls", "namespaces", "user-namespaces",
        "seccomp", "state-folder", "open-files", "locked-memory", "processes", "mount-propagation",
        "overlayfs",
        "iommu", "containerd", "shim", "memory", "vsock", "virtiofsd", "file-server", "monitor",
        "monitor-devices", "firmware", "kernel", "kernel-options", "guest-root", "monitor-user",
        "vfio-driver", "vfio-nodes", "vfio-memory", "vfio-devices", "kvm", "guest-boot",
    ]

    @Test func everyReportHasTheSameRows() throws {
        let fake = try FakeHost()
        let error = RuntimeError(.notFound, "can't find a configuration")
        #expect(HostCheck.report(on: fake.host, .failure(error)).rows.map(\.name) == Self.names)
        for section in ["hypervisor.qemu", "hypervisor.clh"] {
            let configuration = try fake.configuration(section: section)
            #expect(HostCheck.report(on: fake.host, .success(configuration)).rows.map(\.name) == Self.names)
        }
    }

    @Test func withoutAConfigurationOnlyThatIsFatal() throws {
        let fake = try FakeHost()
        let error = RuntimeError(.notFound, "can't find a configuration: none is there")
        let report = HostCheck.report(on: fake.host, .failure(error))
        #expect(report.fatal.map(\.name) == ["configuration"])
        #expect(report.rows.first?.found == "can't find a configuration: none is there")
    }

    @Test func warningsOfTheConfigurationAreShown() throws {
        let fake = try FakeHost()
        let report = HostCheck.report(on: fake.host, .success(try fake.configuration("memory_slots = 10")))
        #expect(report.rows.first?.state == .warning)
        #expect(report.rows.first?.found.contains("memory_slots") == true)
    }

    @Test(arguments: [
        ("v51.1", "51.1"), ("QEMU emulator version 10.0.2 (Debian)", "10.0.2"),
        ("6.12.95+deb12", "6.12.95+deb12"),
    ])
    func versions(_ text: String, _ words: String) throws {
        #expect(try #require(ProgramVersion(in: text)).description == words)
    }

    @Test func versionsAreComparedByNumber() throws {
        #expect(ProgramVersion(8, 1) < ProgramVersion(10, 0))
        #expect(try #require(ProgramVersion(in: "8.1.0~rc1")) >= ProgramVersion(8, 1))
        #expect(ProgramVersion(in: "no version, 7") == nil)
    }
}
