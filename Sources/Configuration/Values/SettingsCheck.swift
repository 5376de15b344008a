/// Checks that look at what a value means, or at more than one key.
extension Settings {
    /// Everything that is wrong with the settings as a whole.
    func check() -> [Problem] {
        checkKernel() + checkArguments() + checkMachine() + checkPorts() + checkDevices() + checkUser()
            + checkVersion() + checkAnnotationNames().problems
    }

    func problem(_ key: ConfigurationKey, _ text: String) -> Problem {
        let place = setting(key)?.place ?? Problem.Place(file: "defaults", line: nil)
        return Problem(place: place, text: "key '\(section(of: key).rawValue).\(key.name)' \(text)")
    }

    private func checkVersion() -> [Problem] {
        guard integer(.shimAPIVersion) == 1 else { return [] }
        return [problem(.shimAPIVersion, "is 1, which no containerd speaks any more; give 0, 2 or 3")]
    }

    private func checkUser() -> [Problem] {
        guard integer(.vmmGroup) > 0, integer(.vmmUser) == 0 else { return [] }
        return [problem(.vmmGroup, "is set, and 'vmm_user' is not; give both, or neither for root")]
    }

    private func checkKernel() -> [Problem] {
        var problems: [Problem] = []
        if let fault = KernelParameters.fault(text(.kernelParams)) {
            problems.append(problem(.kernelParams, fault))
        }
        for line in list(.kernelModules) where !KernelModule(line).isUsable {
            problems.append(
                problem(
                    .kernelModules,
                    "has '\(oneLine(line))', which is no module; write a name and its parameters like 'loop max_loop=8'"
                ))
        }
        return problems
    }

    private func checkArguments() -> [Problem] {
        var problems: [Problem] = []
        for argument in list(.virtioFSExtraArgs) where !VirtiofsdOption.isHarmless(argument) {
            problems.append(
                problem(
                    .virtioFSExtraArgs,
                    "has '\(oneLine(argument))', which could open the daemon's sandbox or is set by the runtime; "
                        + "remove it"))
        }
        guard hypervisor == .qemu else { return problems }
        if !SeccompSandbox.isStrict(text(.seccompSandbox)) {
            problems.append(
                problem(
                    .seccompSandbox,
                    "asks for a weaker sandbox than the one that is always on; leave it empty"))
        }
        if !text(.cpuFeatures).utf8.allSatisfy(Self.isFeatureByte) {
            problems.append(
                problem(.cpuFeatures, "is no list of features; write them like 'pmu=off,vmx=off'"))
        }
        return problems
    }

    private func checkMachine() -> [Problem] {
        var problems: [Problem] = []
        let maximum = integer(.defaultMaxVCPUs)
        if maximum > 0, integer(.defaultVCPUs) > maximum {
            problems.append(
                problem(.defaultVCPUs, "is more than 'default_maxvcpus', \(maximum); lower it"))
        }
        let memory = integer(.defaultMemory)
        if flag(.enableHugepages), !memory.isMultiple(of: 2) {
            problems.append(
                problem(.defaultMemory, "is \(memory), and huge pages have 2 MiB; give an even number"))
        }
        return problems
    }

    private func checkPorts() -> [Problem] {
        guard hypervisor == .qemu else { return [] }
        if text(.machineType) == "microvm" {
            return [ConfigurationKey.pcieRootPort, .pcieSwitchPort].filter { integer($0) > 0 }
                .map { problem($0, "asks for ports, which a microvm does not have; use machine_type q35") }
        }
        // A switch takes a root port of its own, as `PCITopology` counts them.
        let (root, downstream) = (integer(.pcieRootPort), integer(.pcieSwitchPort))
        guard downstream > 0, root + 1 + downstream > 16 else { return [] }
        return [
            problem(
                .pcieSwitchPort,
                "makes \(root + 1 + downstream) ports with the switch's own and 'pcie_root_port'; ask for at most 16"
            )
        ]
    }

    /// The keys that annotations may set, and what is wrong with or left out of the list.
    func checkAnnotationNames() -> (keys: [ConfigurationKey], left: [String], problems: [Problem]) {
        var keys: [ConfigurationKey] = []
        var left: [String] = []
        var problems: [Problem] = []
        let present: [ConfigurationKey.Section] = [hypervisor, .agent, .runtime]
        for name in list(.enableAnnotations) {
            let known = present.compactMap { ConfigurationKey.named(name, in: $0) }
            let isForeign = ["hypervisor", "agent", "runtime"].contains { group in
                ForeignKey.all(in: group).contains { $0.name == name }
            }
            let allowed = known.filter(\.isAnnotation)
            if !allowed.isEmpty {
                keys += allowed
            } else if !known.isEmpty || isForeign || Self.onlyInAnnotations.contains(name) {
                left.append(name)
            } else {
                let all = ConfigurationKey.all.filter(\.isAnnotation).map(\.name)
                let advice =
                    nearestName(to: name, in: all).map { "did you mean '\($0)'?" }
                    ?? "list whole names of keys, not patterns"
                problems.append(
                    problem(.enableAnnotations, "lists '\(oneLine(name))', which is no key; \(advice)"))
            }
        }
        return (keys, left, problems)
    }

    /// Names that Kata takes from annotations and that are no keys of its file.
    private static let onlyInAnnotations: Set<String> = [
        "blk_logical_sector_size", "blk_physical_sector_size", "block_device_num_queues",
        "block_device_queue_size", "cc_init_data", "firmware_hash", "image_hash", "initrd_hash",
        "jailer_hash", "kernel_hash", "path_hash",
    ]

    private static func isFeatureByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: ","), UInt8(ascii: "="), UInt8(ascii: "-"),
            UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "+"):
            true
        default:
            false
        }
    }
}
