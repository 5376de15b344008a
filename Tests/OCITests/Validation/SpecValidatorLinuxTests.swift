import OCI
import RuntimeErrors
import Testing

/// The message of what is wrong with the part about Linux after `change`, without its frame.
private func fault(_ change: (inout LinuxConfiguration) -> Void) -> String {
    let text = message {
        var validator = SpecValidator()
        var linux = LinuxConfiguration()
        change(&linux)
        try validator.check(SpecFixture.small { $0.linux = linux })
    }
    let frame = "can't use the specification: field 'linux."
    return text.hasPrefix(frame) ? "'" + text.dropFirst(frame.count) : text
}

private func faultOfResources(_ change: (inout Resources) -> Void) -> String {
    fault { linux in
        var resources = Resources()
        change(&resources)
        linux.resources = resources
    }
}

@Suite struct SpecValidatorLinuxTests {
    @Test func namespaces() {
        #expect(
            fault { linux in
                var namespace = Namespace(.pid)
                namespace.type = "moon"
                linux.namespaces = [namespace]
            }
                == "'namespaces[0].type' is 'moon', which is not known; give one of cgroup, ipc, mount, network, "
                + "pid, time, user, uts")
        #expect(
            fault { $0.namespaces = [Namespace(.pid), Namespace(.ipc), Namespace(.pid)] }
                == "'namespaces[2].type' is pid for the second time; remove one")
        #expect(
            fault { $0.namespaces = [Namespace(.network, path: "ns")] }
                == "'namespaces[0].path' is 'ns', which is not absolute; give an absolute path")
    }

    @Test func devices() {
        #expect(
            fault { $0.devices = [DeviceNode(path: "/dev/x", type: "d", major: 1, minor: 1)] }
                == "'devices[0].type' is 'd', which is not known; give one of b, c, p, u")
        #expect(
            fault { $0.devices = [DeviceNode(path: "/dev/../x", type: "c", major: 1, minor: 1)] }
                == "'devices[0].path' is '/dev/../x', which holds '..'; give the path that is meant")
        #expect(
            fault { $0.devices = [DeviceNode(path: "/dev/x", type: "c", major: 1)] }
                == "'devices[0]' has no major or no minor number; give both")
        #expect(
            fault { $0.devices = [DeviceNode(path: "/dev/x", type: "c", major: 4096, minor: 0)] }
                == "'devices[0].major' is 4096; give -1 to 4095")
        #expect(fault { $0.devices = [DeviceNode(path: "/dev/x", type: "p")] } == "no error")
    }

    @Test(arguments: [
        "../x", "/a/../b", "a/..", "x..slice:..:y", "..:a:b", "a:b", "a:b:c:d", "a/b:c:d", "a:b:", "/a\0",
    ])
    func hostileCgroupPaths(path: String) {
        #expect(fault { $0.cgroupsPath = path }.hasPrefix("'cgroupsPath' "))
    }

    @Test(arguments: [
        "", "/default/box", "kubepods/x", "kubepods-pod1.slice:cri-containerd:abc", ":p:n", "/a:b",
    ])
    func goodCgroupPaths(path: String) {
        #expect(fault { $0.cgroupsPath = path } == "no error")
    }

    @Test(arguments: ["", "a..b", "a//b", "../x", "a b", "a\0", ".a"])
    func hostileSysctls(name: String) {
        #expect(fault { $0.sysctl = [name: "1"] }.hasPrefix("'sysctl"))
    }

    @Test func paths() {
        #expect(
            fault { $0.maskedPaths = ["/proc/kcore", "proc"] }
                == "'maskedPaths[1]' is 'proc', which is not absolute; give an absolute path")
        #expect(
            fault { $0.readonlyPaths = ["/../etc"] }
                == "'readonlyPaths[0]' is '/../etc', which holds '..'; give the path that is meant")
        #expect(
            fault { $0.rootfsPropagation = "loud" }
                .hasPrefix("'rootfsPropagation' is 'loud', which is not known; give one of private, "))
        #expect(
            fault { $0.personality = Personality(domain: "BSD") }
                == "'personality.domain' is 'BSD', which is not known; give one of LINUX, LINUX32")
    }

    @Test func seccomp() {
        #expect(
            fault { $0.seccomp = Seccomp(defaultAction: "ALLOW") }
                .hasPrefix(
                    "'seccomp.defaultAction' is 'ALLOW', which is not known; give one of SCMP_ACT_ALLOW"))
        func rule(_ rule: SeccompRule) -> String {
            fault { linux in
                linux.seccomp = Seccomp(defaultAction: "SCMP_ACT_ALLOW")
                linux.seccomp?.syscalls = [rule]
            }
        }
        #expect(
            rule(SeccompRule(names: [], action: "SCMP_ACT_LOG"))
                == "'seccomp.syscalls[0].names' is empty; name system calls")
        #expect(
            rule(SeccompRule(names: ["a b"], action: "SCMP_ACT_LOG"))
                == "'seccomp.syscalls[0].names[0]' is 'a b'; name a system call")
        #expect(
            rule(SeccompRule(names: ["read"], action: "SCMP_ACT_ERRNO", errnoRet: 65_536))
                == "'seccomp.syscalls[0].errnoRet' is 65536; give at most 65535")
        let argument = SeccompArgument(index: 6, value: 0, op: "SCMP_CMP_EQ")
        #expect(
            rule(SeccompRule(names: ["read"], action: "SCMP_ACT_LOG", args: [argument]))
                == "'seccomp.syscalls[0].args[0].index' is 6; a system call has arguments 0 to 5")
    }

    @Test func deviceRules() {
        #expect(
            faultOfResources { $0.devices = [DeviceRule(allow: true, access: "rx")] }
                == "'resources.devices[0].access' is 'rx'; give letters of rwm")
        #expect(
            faultOfResources { $0.devices = [DeviceRule(allow: true, type: "c", major: -2)] }
                == "'resources.devices[0].major' is -2; give -1 to 4095")
    }

    @Test(arguments: ["x", "1-", "-1", "3-1", "1,,2", "1-2-3", "0x1", "1 2", ",", "99999999"])
    func hostileProcessorLists(list: String) {
        #expect(
            faultOfResources { $0.cpu = CPULimits(cpus: list) }.hasPrefix("'resources.cpu.cpus' is '"))
    }

    @Test func limits() {
        #expect(
            faultOfResources { $0.memory = MemoryLimits(limit: -2) }.hasPrefix(
                "'resources.memory.limit' is -2"))
        #expect(
            faultOfResources { $0.memory = MemoryLimits(limit: 10, swap: 5) }
                == "'resources.memory.swap' is below 'limit', which it includes; raise it")
        #expect(
            faultOfResources { $0.hugepageLimits = [HugepageLimit(pageSize: "0MB", limit: 1)] }
                == "'resources.hugepageLimits[0].pageSize' is '0MB'; write it like 2MB")
        for name in ["../memory.high", "memory", ".hidden", "a/b.c"] {
            #expect(
                faultOfResources { $0.unified = [name: "1"] }.contains(
                    "is no cgroup file; write it like memory.high"))
        }
        #expect(
            faultOfResources { $0.cpu = CPULimits(shares: .max) }.hasPrefix("'resources.cpu.shares' is 18446")
        )
    }
}
