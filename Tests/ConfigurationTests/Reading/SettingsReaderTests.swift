import Configuration
import RuntimeErrors
import Testing

@Suite struct SettingsReaderTests {
    @Test func supportedKeysTakeEffect() throws {
        let read = try configuration(
            """
            [hypervisor.qemu]
            path = "/opt/qemu"
            kernel = "/k"
            image = "/i"
            rootfs_type = "erofs"
            kernel_params = "a=b c"
            default_vcpus = 2.5
            default_maxvcpus = 8
            default_memory = 512
            enable_hugepages = true
            virtio_fs_daemon = "/v"
            virtio_fs_cache = "never"
            virtio_fs_extra_args = ["--thread-pool-size=1", "--announce-submounts"]
            enable_debug = true
            console_log_limit = 64
            machine_type = "q35"
            accelerator = "tcg"
            cpu_features = "pmu=off,-vmx"
            firmware = "/f"
            entropy_source = "/dev/random"
            seccompsandbox = "on,spawn=deny,obsolete=deny,elevateprivileges=deny,resourcecontrol=deny"
            vhost_user_vsock_daemon = "/d"
            pcie_root_port = 2
            pcie_switch_port = 3
            [agent.kata]
            dial_timeout = 7
            debug_console_enabled = true
            kernel_modules = ["e1000e X=1"]
            enable_debug = true
            [runtime]
            create_container_timeout = 9
            disable_guest_seccomp = true
            enable_debug = true
            shim_api_version = 2
            """)
        let hypervisor = read.hypervisor
        #expect(hypervisor.path == "/opt/qemu")
        #expect(hypervisor.kernel == "/k")
        #expect(hypervisor.root == .image("/i", fileSystem: "erofs", initrd: nil))
        #expect(hypervisor.kernelParameters == "a=b c")
        #expect(hypervisor.defaultVCPUs == 3)
        #expect(hypervisor.maximumVCPUs == 8)
        #expect(hypervisor.defaultMemory == 512)
        #expect(hypervisor.hugePages)
        #expect(hypervisor.virtiofsd.path == "/v")
        #expect(hypervisor.virtiofsd.cache == "never")
        #expect(hypervisor.virtiofsd.extraArguments == ["--thread-pool-size=1", "--announce-submounts"])
        #expect(hypervisor.debug)
        #expect(hypervisor.entropySource == "/dev/random")
        #expect(hypervisor.consoleLogLimit == 65_536)
        let qemu = try #require(read.qemu)
        #expect(qemu.machine == .q35)
        #expect(qemu.accelerator == .tcg)
        #expect(qemu.cpuFeatures == "pmu=off,-vmx")
        #expect(qemu.firmware == "/f")
        #expect(qemu.vsockDaemon == "/d")
        #expect([qemu.rootPorts, qemu.switchPorts] == [2, 3])
        #expect(read.dialTimeout == .seconds(7))
        #expect(read.debugConsole && read.agentDebug && read.debug)
        #expect(read.kernelModules.map(\.name) == ["e1000e"])
        #expect(read.kernelModules.map(\.parameters) == [["X=1"]])
        #expect(read.createContainerDeadline == .seconds(9))
        #expect(!read.guestSeccomp)
        #expect(read.shimAPIVersion == 2)
        #expect(read.warnings == [])
    }

    @Test func emptyPathsSayNothing() throws {
        let read = try configuration("[hypervisor.qemu]\nkernel = \"\"\nimage = \"\"\nfirmware = \"\"\n")
        #expect(read.hypervisor.kernel == "/usr/share/swiftlet/vmlinux")
        #expect(read.hypervisor.root == .initrd("/usr/share/swiftlet/initrd"))
        #expect(read.qemu?.firmware == nil)
    }

    @Test func processorCountsAsKataMeansThem() throws {
        func read(_ count: String) throws -> [Int?] {
            let hypervisor = try configuration(
                "[hypervisor.qemu]\ndefault_vcpus = \(count)\ndefault_maxvcpus = \(count)\n"
            ).hypervisor
            return [hypervisor.defaultVCPUs, hypervisor.maximumVCPUs]
        }
        #expect(try read("0") == [1, nil])
        #expect(try read("-1") == [nil, nil])
        #expect(try read("0.5") == [1, 1])
        #expect(try read("4") == [4, 4])
    }

    @Test func unknownKeys() {
        #expect(
            faults("[hypervisor.qemu]\n\nkernell = \"/k\"\n")
                == "'1.toml:3': key 'hypervisor.qemu.kernell' is not known; did you mean 'kernel'?")
        #expect(
            faults("[hypervisor.qemu]\n[runtime]\nmachine_type = \"q35\"\n")
                == "'1.toml:3': key 'runtime.machine_type' is not known; move it to [hypervisor.qemu]")
        #expect(
            faults("[hypervisor.qemu]\n[runtime]\nxyzzy_plugh_quux = 1\n")
                == "'1.toml:3': key 'runtime.xyzzy_plugh_quux' is not known; remove it")
    }

    @Test func unknownSections() {
        #expect(
            faults("[hypervisor.qemu]\n[runtme]\na = 1\n")
                == "'1.toml:2': section [runtme] is not known; did you mean [runtime]?")
        #expect(
            faults("[hypervisor.firecracker]\npath = \"/f\"\n").hasPrefix(
                "'1.toml:1': section [hypervisor.firecracker] is not known; the sections are [hypervisor.qemu], "
                    + "[hypervisor.clh], [agent.kata], [runtime], [security]; and '1.toml': there is no virtual machine monitor"
            ))
        #expect(
            faults("stray = 1\n[hypervisor.qemu]\n").hasPrefix("'1.toml:1': section [stray] is not known"))
        #expect(faults("hypervisor = 1\n").hasPrefix("'1.toml:1': section [hypervisor] is not known"))
        #expect(
            faults("hypervisor.qemu = 1\n").hasPrefix("'1.toml:1': section [hypervisor.qemu] is not known"))
    }

    @Test func exactlyOneMonitor() {
        #expect(
            faults("[runtime]\n")
                == "'1.toml': there is no virtual machine monitor; add a section [hypervisor.qemu] or "
                + "[hypervisor.clh]")
        #expect(
            faults("[hypervisor.clh]\n\n[hypervisor.qemu]\n")
                == "'1.toml:3': section [hypervisor.qemu] is there beside [hypervisor.clh] of '1.toml:1'; keep "
                + "one of them")
        #expect(
            faults("[hypervisor.qemu]\n", "[hypervisor.clh]\n")
                == "'2.toml:1': section [hypervisor.clh] is there beside [hypervisor.qemu] of '1.toml:1'; keep "
                + "one of them")
    }

    @Test func keysThatKataKnowsAreOneWarning() throws {
        let read = try configuration(
            "[hypervisor.qemu]\nblock_device_aio = \"io_uring\"\nrootless = false\n[runtime]\njaeger_password = \"secret\"\n",
            "[factory]\nenable_template = false\n[hypervisor.qemu]\nblock_device_aio = \"threads\"\n")
        #expect(
            read.warnings == [
                "keys of the configuration that this runtime does not have are ignored: factory, "
                    + "hypervisor.qemu.block_device_aio, hypervisor.qemu.rootless, runtime.jaeger_password"
            ])
    }

    @Test(arguments: [
        ("rootless = true", "the monitor's own user would not be the one that mode makes"),
        ("confidential_guest = true", "the guest's memory would not be encrypted"),
        ("sev_snp_guest = true", "the guest's memory would not be encrypted"),
        ("kernel_verity_params = \"root_hash=1\"", "the root image would not be verified"),
        ("disable_guest_selinux = false", "containers would run without SELinux labels"),
        ("selinux_label = \"a:b\"", "the monitor would run without that label"),
        ("jailer_path = \"/j\"", "the monitor would run without that jailer"),
        ("tx_rate_limiter_max_rate = 1", "the guest's network traffic would have no limit"),
        ("disable_nested_virtualization = true", "the guest could still use nested virtualization"),
    ])
    func keysThatWouldProtect(line: String, reason: String) {
        let name = line.prefix { $0 != " " }
        #expect(
            faults("[hypervisor.qemu]\n\(line)\n")
                == "'1.toml:2': key 'hypervisor.qemu.\(name)' is not supported, and without it \(reason); remove it"
        )
    }

    @Test func keysThatWouldProtectElsewhere() {
        #expect(
            faults("[hypervisor.qemu]\n[agent.kata]\npolicy = \"p\"\n").contains(
                "would not enforce that policy"))
        #expect(
            faults("[hypervisor.qemu]\n[runtime]\nemptydir_mode = \"block-encrypted\"\n")
                .contains("the volumes would not be encrypted"))
        #expect(faults("[hypervisor.qemu]\n[runtime]\nemptydir_mode = \"shared-fs\"\n") == "no error")
        #expect(
            faults("[hypervisor.qemu]\n[runtime]\nexperimental_force_guest_pull = true\n").contains(
                "on the host"))
    }

    @Test(arguments: [
        ("default_memory = \"2048\"", "a whole number from 64 to 16777216"),
        ("default_vcpus = nan", "a number of processors, at most 255, or less than 0 for all of the host's"),
        (
            "default_vcpus = 1e300",
            "a number of processors, at most 255, or less than 0 for all of the host's"
        ),
        ("machine_type = \"virt\"", "\"q35\" or \"microvm\""),
        ("shared_fs = \"virtio-9p\"", "\"virtio-fs\""),
        ("kernel = \"vmlinux\"", "an absolute path in quotes"),
        ("kernel = \"/a/../b\"", "an absolute path in quotes"),
        ("kernel = \"/a\\nb\"", "an absolute path in quotes"),
        ("kernel = 1979-05-27", "an absolute path in quotes"),
        ("kernel_params = \"a\\nb\"", "a string without control characters"),
        ("virtio_fs_extra_args = \"--xattr\"", "a list of strings without control characters"),
        ("virtio_fs_extra_args = [1]", "a list of strings without control characters"),
        ("enable_annotations = [[]]", "a list of strings without control characters"),
    ])
    func valuesOfTheWrongType(line: String, wanted: String) {
        let name = line.prefix { $0 != " " }
        #expect(
            faults("[hypervisor.qemu]\n\(line)\n")
                == "'1.toml:2': key 'hypervisor.qemu.\(name)' has an unusable value; give \(wanted)")
    }

    @Test(arguments: ["0", "63", "-1", "16777217", "9223372036854775807"])
    func memoryOutOfRangeIsNamedWithItsFigures(amount: String) {
        #expect(
            faults("[hypervisor.qemu]\ndefault_memory = \(amount)\n")
                == "'1.toml:2': key 'hypervisor.qemu.default_memory' is \(amount); give a whole number from 64 to 16777216"
        )
        #expect(
            faults("[hypervisor.qemu]\nenable_debug = \(amount)\n")
                == "'1.toml:2': key 'hypervisor.qemu.enable_debug' is \(amount); give true or false")
    }

    /// Keys of Kata's that say nothing here yet, and whose absence leaves nobody less protected.
    @Test func keysOfNetworksAreOneWarning() throws {
        let read = try configuration(
            """
            [hypervisor.qemu]
            disable_vhost_net = true
            [runtime]
            sandbox_cgroup_only = true
            internetworking_model = "none"
            """)
        #expect(
            read.warnings == [
                "keys of the configuration that this runtime does not have are ignored: "
                    + "hypervisor.qemu.disable_vhost_net, runtime.internetworking_model, "
                    + "runtime.sandbox_cgroup_only"
            ])
    }

    @Test func laterFilesWinKeyByKey() throws {
        let read = try configuration(
            "[hypervisor.qemu]\nkernel = \"/a\"\ndefault_memory = 100\n",
            "[hypervisor.qemu]\nkernel = \"/b\"\n", "[runtime]\nenable_debug = true\n")
        #expect(read.hypervisor.kernel == "/b")
        #expect(read.hypervisor.defaultMemory == 100)
        #expect(read.debug)
        #expect(read.files == ["1.toml", "2.toml", "3.toml"])
    }

    @Test func severalProblemsAtOnce() {
        #expect(
            faults("[hypervisor.qemu]\nkernell = 1\nrootless = true\n", "[runtime]\nenable_debug = 3\n")
                == "'1.toml:2': key 'hypervisor.qemu.kernell' is not known; did you mean 'kernel'?; and '1.toml:3': "
                + "key 'hypervisor.qemu.rootless' is not supported, and without it the monitor's own user would "
                + "not be the one that mode makes; remove it; and '2.toml:2': key 'runtime.enable_debug' is 3; "
                + "give true or false")
        let many = (0..<50).map { "zzzzzzzzzzzz\($0) = 1\n" }.joined()
        let text = faults("[hypervisor.qemu]\n\(many)")
        #expect(text.hasSuffix("; and 40 more problems"))
        #expect(text.utf8.count < 2000)
    }
}
