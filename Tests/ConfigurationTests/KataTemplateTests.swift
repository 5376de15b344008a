import Configuration
import Foundation
import Testing

/// Files with every key that Kata's own templates have, with the values they have by default, in our words.
@Suite struct KataTemplateTests {
    private func fixture(_ name: String) throws -> String {
        let file = try #require(Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: "toml"))
        return try String(contentsOf: file, encoding: .utf8)
    }

    @Test(arguments: ["kata-qemu", "kata-qemu-rs", "kata-clh", "kata-clh-rs"])
    func aTemplateIsReadWithOneWarning(name: String) throws {
        let read = try configuration(try fixture(name))
        #expect(
            read.warnings.filter { $0.hasPrefix("keys of the configuration that this runtime") }.count == 1)
        #expect(!read.hypervisor.path.isEmpty)
        #expect(read.hypervisor.defaultMemory == 2048)
        #expect(read.createContainerDeadline > .seconds(1))
    }

    @Test func everyKeyOfTheTemplatesIsInOneClass() throws {
        for name in ["kata-qemu", "kata-qemu-rs", "kata-clh", "kata-clh-rs"] {
            #expect(!faults(try fixture(name)).contains("is not known"), "\(name)")
        }
    }

    @Test func confidentialTemplatesAreRefusedWithReasons() throws {
        let text = faults(try fixture("kata-qemu-snp"))
        #expect(text.contains("key 'hypervisor.qemu.confidential_guest' is not supported"))
        #expect(text.contains("key 'hypervisor.qemu.sev_snp_guest' is not supported"))
        #expect(text.contains("key 'hypervisor.qemu.shared_fs' has an unusable value; give \"virtio-fs\""))
        #expect(!text.contains("is not known"))
    }
}
