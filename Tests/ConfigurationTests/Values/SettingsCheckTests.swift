import Configuration
import Testing

@Suite struct SettingsCheckTests {
    private func faultsOfQEMU(_ lines: String) -> String {
        faults("[hypervisor.qemu]\n\(lines)\n")
    }

    @Test func anInitialFileSystemMayFindTheImage() throws {
        for (initrd, expected) in [("/i", "/i"), ("", nil)] {
            let read = try configuration("[hypervisor.qemu]\ninitrd = \"\(initrd)\"\nimage = \"/j\"\n")
            #expect(read.hypervisor.root == .image("/j", fileSystem: "ext4", initrd: expected))
        }
    }

    /// Faults of class E: no option that opens the daemon's sandbox, and none that the runtime sets.
    @Test(arguments: [
        "--sandbox=none", "--seccomp=none", "--shared-dir=/", "--socket-path=/x", "--fd=3",
        "--modcaps=+sys_admin",
        "--uid-map=:0:0:1:", "--translate-uid=map:0:0:1", "--cache=always", "--readonly", "-o",
        "sandbox=none",
        "--inode-file-handles=mandatory", "--xattrmap=x", "--xattr --sandbox=none", "--log-level=",
        "--syslog", "--xattr", "--rlimit-nofile=0",
        "--thread-pool-size=1,--sandbox", "--", "/etc/passwd",
    ])
    func virtiofsdOptions(option: String) {
        #expect(
            faultsOfQEMU("virtio_fs_extra_args = [\"--posix-acl\", \"\(option)\"]")
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

    @Test func theUserOfTheMonitor() throws {
        func ids(_ lines: String) throws -> [UInt32] {
            let user = try configuration("[hypervisor.qemu]\n[security]\n\(lines)\n").security.monitorUser
            return user.map { [$0.user, $0.group] } ?? []
        }
        #expect(try ids("") == [])
        #expect(try ids("vmm_user = 0") == [])
        #expect(try ids("vmm_user = 7") == [7, 7])
        #expect(try ids("vmm_user = 7\nvmm_group = 8") == [7, 8])
        #expect(
            faults("[hypervisor.qemu]\n[security]\nvmm_group = 8\n")
                == "'1.toml:3': key 'security.vmm_group' is set, and 'vmm_user' is not; give both, or neither for root"
        )
        for value in ["-1", "4294967295", "\"nobody\""] {
            #expect(
                faults("[hypervisor.qemu]\n[security]\nvmm_user = \(value)\n").contains("security.vmm_user"))
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
            faultsOfQEMU("machine_type = \"microvm\"\npcie_root_port = 1")
                == "'1.toml:3': key 'hypervisor.qemu.pcie_root_port' asks for ports, which a microvm does not have; "
                + "use machine_type q35")
        #expect(
            faultsOfQEMU("machine_type = \"microvm\"\npcie_switch_port = 1").contains("use machine_type q35"))
        #expect(faultsOfQEMU("machine_type = \"microvm\"\npcie_root_port = 0") == "no error")
    }

    @Test func ports() {
        #expect(faultsOfQEMU("pcie_root_port = 16") == "no error")
        #expect(faultsOfQEMU("pcie_switch_port = 15") == "no error")
        #expect(faultsOfQEMU("pcie_root_port = 5\npcie_switch_port = 10") == "no error")
        #expect(
            faultsOfQEMU("pcie_root_port = 6\npcie_switch_port = 10")
                == "'1.toml:3': key 'hypervisor.qemu.pcie_switch_port' makes 17 ports with the switch's own and "
                + "'pcie_root_port'; ask for at most 16")
    }

    @Test func hugePagesFillTheMemory() {
        #expect(
            faultsOfQEMU("default_memory = 65\nenable_hugepages = true")
                == "'1.toml:2': key 'hypervisor.qemu.default_memory' is 65, and huge pages have 2 MiB; give an even "
                + "number")
        #expect(faultsOfQEMU("default_memory = 66\nenable_hugepages = true") == "no error")
    }

    @Test func kernelParameters() {
        #expect(
            faultsOfQEMU("kernel_params = 'a=\"b c\"'")
                == "'1.toml:2': key 'hypervisor.qemu.kernel_params' has a double quote, and words with blanks in them "
                + "can't be given; remove it")
        let most = String(repeating: "x", count: 1792)
        #expect(faultsOfQEMU("kernel_params = \"\(most)\"") == "no error")
        #expect(
            faultsOfQEMU("kernel_params = \"\(most)x\"")
                == "'1.toml:2': key 'hypervisor.qemu.kernel_params' has 1793 bytes; shorten it to at most 1792"
        )
    }

    @Test(arguments: ["-r loop", "../loop", "a/b", "a;b", "ä", " "])
    func kernelModules(line: String) {
        #expect(
            faults("[hypervisor.qemu]\n[agent.kata]\nkernel_modules = [\"loop max_loop=8\", \"\(line)\"]\n")
                == "'1.toml:3': key 'agent.kata.kernel_modules' has '\(line)', which is no module; write a name and "
                + "its parameters like 'loop max_loop=8'")
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
