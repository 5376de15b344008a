import Configuration
import Testing

@Suite struct SettingsCheckTests {
    private func faultsOfQEMU(_ lines: String) -> String {
        faults("[hypervisor.qemu]\n\(lines)\n")
    }

    @Test func initrdOrImage() {
        #expect(
            faultsOfQEMU("initrd = \"/i\"\nimage = \"/j\"")
                == "'1.toml:3': key 'hypervisor.qemu.image' is set beside 'initrd'; keep one of them")
        #expect(faultsOfQEMU("initrd = \"\"\nimage = \"/j\"") == "no error")
    }

    /// Faults of class E: no option that opens the daemon's sandbox, and none that the runtime sets.
    @Test(arguments: [
        "--sandbox=none", "--seccomp=none", "--shared-dir=/", "--socket-path=/x", "--fd=3",
        "--modcaps=+sys_admin",
        "--uid-map=:0:0:1:", "--translate-uid=map:0:0:1", "--cache=always", "--readonly", "-o",
        "sandbox=none",
        "--inode-file-handles=mandatory", "--xattrmap=x", "--xattr --sandbox=none", "--log-level=",
        "--syslog",
        "--thread-pool-size=1,--sandbox", "--", "/etc/passwd",
    ])
    func virtiofsdOptions(option: String) {
        #expect(
            faultsOfQEMU("virtio_fs_extra_args = [\"--xattr\", \"\(option)\"]")
                == "'1.toml:2': key 'hypervisor.qemu.virtio_fs_extra_args' has '\(option)', which could open the "
                + "daemon's sandbox or is set by the runtime; remove it")
    }

    @Test(arguments: [
        "off", "on", "on,obsolete=deny",
        "on,obsolete=allow,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
    ])
    func weakerSandboxes(value: String) {
        for name in ["seccompsandbox", "seccomp_sandbox"] {
            #expect(
                faultsOfQEMU("\(name) = \"\(value)\"")
                    == "'1.toml:2': key 'hypervisor.qemu.seccompsandbox' asks for a weaker sandbox than the one that "
                    + "is always on; leave it empty")
        }
    }

    @Test func processors() {
        #expect(
            faultsOfQEMU("default_vcpus = 4\ndefault_maxvcpus = 2")
                == "'1.toml:2': key 'hypervisor.qemu.default_vcpus' is more than 'default_maxvcpus', 2; lower it"
        )
        #expect(
            faultsOfQEMU("cpu_features = \"pmu=off -device x\"")
                == "'1.toml:2': key 'hypervisor.qemu.cpu_features' is no list of features; write them like "
                + "'pmu=off,vmx=off'")
    }

    @Test func microvm() {
        #expect(
            faultsOfQEMU("machine_type = \"microvm\"\ncold_plug_vfio = \"root-port\"")
                == "'1.toml:3': key 'hypervisor.qemu.cold_plug_vfio' places devices on ports, which a microvm does "
                + "not have; use machine_type q35")
        #expect(
            faultsOfQEMU("machine_type = \"microvm\"\nenable_iommu = true").contains("use machine_type q35"))
    }

    @Test func versions() throws {
        #expect(
            faults("[hypervisor.qemu]\n[runtime]\nshim_api_version = 1\n")
                == "'1.toml:3': key 'runtime.shim_api_version' is 1, which no containerd speaks any more; give 0, 2 "
                + "or 3")
        for (text, version) in [("0", nil), ("2", 2), ("3", 3)] as [(String, Int?)] {
            let read = try configuration("[hypervisor.qemu]\n[runtime]\nshim_api_version = \(text)\n")
            #expect(read.shimAPIVersion == version)
        }
    }

    @Test func switchesNeedQEMU() {
        #expect(
            faults("[hypervisor.clh]\ncold_plug_vfio = \"switch-port\"\n")
                == "'1.toml:2': key 'hypervisor.clh.cold_plug_vfio' has an unusable value; give \"no-port\" or "
                + "\"root-port\"")
    }

    @Test func namesInEnableAnnotations() throws {
        #expect(
            faultsOfQEMU("enable_annotations = [\"default_vcpu\"]")
                == "'1.toml:2': key 'hypervisor.qemu.enable_annotations' lists 'default_vcpu', which is no key; did "
                + "you mean 'default_vcpus'?")
        #expect(
            faultsOfQEMU("enable_annotations = [\".*\"]")
                == "'1.toml:2': key 'hypervisor.qemu.enable_annotations' lists '.*', which is no key; list whole "
                + "names of keys, not patterns")
        let read = try configuration(
            "[hypervisor.qemu]\nenable_annotations = [\"kernel_params\", \"cc_init_data\", \"default_vcpus\"]\n"
        )
        #expect(
            read.warnings == [
                "keys that no annotation can set are ignored in enable_annotations: kernel_params, cc_init_data"
            ])
    }
}
