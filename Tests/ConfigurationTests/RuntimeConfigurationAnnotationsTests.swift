import Configuration
import RuntimeErrors
import Testing

@Suite struct RuntimeConfigurationAnnotationsTests {
    private let prefix = "io.katacontainers.config."

    private func enabled(_ names: [String]) throws -> RuntimeConfiguration {
        let list = names.map { "\"\($0)\"" }.joined(separator: ", ")
        return try configuration("[hypervisor.qemu]\nenable_annotations = [\(list)]\n")
    }

    @Test func noneCountsByDefault() throws {
        let plain = try configuration("[hypervisor.qemu]\n")
        var annotations: [String: String] = ["io.kubernetes.cri.sandbox-id": "x"]
        let supported = ConfigurationKey.all.flatMap { key in key.sections.map { "\($0.group).\(key.name)" } }
        let foreign = ["hypervisor", "agent", "runtime"].flatMap { group in
            ForeignKey.all(in: group).map { "\(group).\($0.name)" }
        }
        for name in supported + foreign { annotations[prefix + name] = "7" }
        let result = try plain.applying(annotations: annotations)
        #expect(result.configuration == plain)
        #expect(result.ignored == (Set(supported + foreign).map { prefix + $0 }).sorted())
    }

    @Test func listedKeysCount() throws {
        let base = try enabled([
            "default_vcpus", "default_max_vcpus", "default_memory", "enable_hugepages", "enable_iommu",
            "create_container_timeout",
        ])
        let result = try base.applying(annotations: [
            prefix + "hypervisor.default_vcpus": "3", prefix + "hypervisor.default_max_vcpus": "5",
            prefix + "hypervisor.default_memory": "4096", prefix + "hypervisor.enable_iommu": "true",
            prefix + "hypervisor.enable_hugepages": "true",
            prefix + "runtime.create_container_timeout": "90",
            prefix + "hypervisor.pcie_root_port": "4",
        ])
        let changed = result.configuration
        #expect(changed.hypervisor.defaultVCPUs == 3)
        #expect(changed.hypervisor.maximumVCPUs == 5)
        #expect(changed.hypervisor.defaultMemory == 4096)
        #expect(changed.hypervisor.hugePages)
        #expect(changed.createContainerDeadline == .seconds(90))
        #expect(changed.devices.iommu)
        #expect(result.ignored == [prefix + "hypervisor.pcie_root_port"])
        #expect(base.hypervisor.defaultMemory == 2048)
    }

    @Test func theGroupMustBeRight() throws {
        let base = try enabled(["default_vcpus"])
        let result = try base.applying(annotations: [prefix + "runtime.default_vcpus": "3"])
        #expect(result.configuration == base)
    }

    @Test(arguments: ["", "-1", "+3", "3 ", "0x3", "3.5", "99999999999", "３", "256", "three", "3\n"])
    func unusableNumbers(text: String) throws {
        let base = try enabled(["default_vcpus"])
        #expect(throws: RuntimeError.self) {
            _ = try base.applying(annotations: [self.prefix + "hypervisor.default_vcpus": text])
        }
    }

    @Test func theErrorNamesTheAnnotation() throws {
        let base = try enabled(["enable_hugepages", "default_vcpus"])
        #expect(
            message {
                _ = try base.applying(annotations: [
                    self.prefix + "hypervisor.enable_hugepages": "yes\u{1b}[2J"
                ])
            }
                == "can't use the configuration: 'annotation io.katacontainers.config.hypervisor.enable_hugepages': "
                + "the value 'yes [2J' is unusable; give true or false")
    }

    @Test func combinationsAreCheckedAgain() throws {
        let base = try configuration(
            "[hypervisor.qemu]\nmachine_type = \"microvm\"\nenable_annotations = [\"pcie_root_port\"]\n")
        #expect(
            message {
                _ = try base.applying(annotations: [self.prefix + "hypervisor.pcie_root_port": "1"])
            }.contains("use machine_type q35"))
    }

    /// GHSA-rr59-xxvx-96qr: listing them does not help.
    @Test func pathsAndCommandLinesNeverCount() throws {
        let names = [
            "kernel_params", "virtio_fs_extra_args", "path", "kernel", "virtio_fs_daemon", "cpu_features",
        ]
        let base = try enabled(names)
        var annotations: [String: String] = [:]
        for name in names { annotations[prefix + "hypervisor." + name] = "/evil" }
        #expect(try base.applying(annotations: annotations).configuration == base)
    }
}
