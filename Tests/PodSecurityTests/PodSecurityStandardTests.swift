import OCI
import PodSecurity
import RuntimeErrors
import Testing

@Suite struct PodSecurityStandardTests {
    private func violations(
        _ level: PodSecurityStandard, _ spec: Spec, type: ContainerType? = nil
    ) throws -> [Violation] {
        level.violations(of: spec, id: try PodFixture.id(), type: try type ?? PodFixture.type())
    }

    private func rules(
        _ level: PodSecurityStandard, _ spec: Spec, type: ContainerType? = nil
    ) throws -> [PodSecurityRule] {
        try violations(level, spec, type: type).map(\.rule)
    }

    // MARK: whole containers

    @Test func anOrdinaryPodIsBaselineAndNotRestricted() throws {
        #expect(try violations(.baseline, PodFixture.ordinary()) == [])
        #expect(
            try rules(.restricted, PodFixture.ordinary()) == [
                .capabilities, .seccomp, .privilegeEscalation, .runningAsNonRoot, .runningAsNonRootUser,
            ])
        let pause = try PodFixture.pause()
        #expect(try violations(.restricted, pause, type: .sandbox) == [])
    }

    @Test func aHardenedPodIsRestricted() throws {
        for level in PodSecurityStandard.allCases {
            #expect(try violations(level, PodFixture.hardened()) == [])
        }
    }

    @Test func aPrivilegedContainerIsNeither() throws {
        #expect(
            try rules(.baseline, PodFixture.privileged())
                == [.privilegedContainers, .capabilities, .procMountType])
        #expect(
            try rules(.restricted, PodFixture.privileged()) == [
                .privilegedContainers, .capabilities, .procMountType, .seccomp, .privilegeEscalation,
                .runningAsNonRoot, .runningAsNonRootUser,
            ])
    }

    // MARK: the rules, each by one change of a container that passes

    @Test(arguments: PodSecurityCase.forbidden) func aRuleForbids(_ example: PodSecurityCase) throws {
        let spec = try PodFixture.hardened(example.change)
        let found = try violations(.restricted, spec)
        #expect(found.map(\.rule) == [example.rule])
        #expect(found.allSatisfy { !$0.evidence.isEmpty })
        #expect(try rules(.baseline, spec) == (example.level == .baseline ? [example.rule] : []))
    }

    @Test func rootBreaksBothRulesOnIt() throws {
        let spec = try PodFixture.hardened { $0.process?.user = User(uid: 0) }
        #expect(try rules(.restricted, spec) == [.runningAsNonRoot, .runningAsNonRootUser])
        #expect(try rules(.baseline, spec) == [])
        let silent = try PodFixture.hardened { $0.process?.user = nil }
        #expect(try rules(.restricted, silent) == [.runningAsNonRoot, .runningAsNonRootUser])
    }

    @Test(arguments: PodSecurityCase.allowed) func aRuleAllows(_ example: PodSecurityCase) throws {
        #expect(try violations(.restricted, PodFixture.hardened(example.change)) == [])
    }

    /// An author who can set annotations gains no other pod's folder by them.
    @Test func theCgroupNamesThePodBeforeAnyAnnotation() throws {
        let spec = try PodFixture.hardened {
            $0.annotations["io.kubernetes.cri.sandbox-uid"] = "other"
            $0.mounts.append(
                PodSecurityCase.bind("/var/lib/kubelet/pods/other/volumes/kubernetes.io~secret/keys", "/keys")
            )
        }
        #expect(try rules(.baseline, spec) == [.hostPathVolumes])
    }

    // MARK: other types of container

    @Test(arguments: [Namespace.Kind.network, .pid, .ipc])
    func theSandboxShowsNamespacesOfTheHost(_ kind: Namespace.Kind) throws {
        let spec = try PodFixture.pause { $0.linux?.namespaces.removeAll { $0.kind == kind } }
        let found = try violations(.baseline, spec, type: .sandbox)
        #expect(found == [Violation(.hostNamespaces, "linux.namespaces has no \(kind.rawValue)")])
    }

    @Test func theSandboxShowsSysctlsAndLabels() throws {
        let spec = try PodFixture.pause {
            $0.linux?.sysctl["kernel.shm_rmid_forced"] = "1"
            $0.linux?.sysctl["net.core.somaxconn"] = "1024"
            $0.process?.selinuxLabel = "system_u:system_r:spc_t:s0"
        }
        #expect(try rules(.baseline, spec, type: .sandbox) == [.seLinux, .sysctls])
    }

    @Test func aContainerWithoutPodIsJudgedToo() throws {
        let change: @Sendable (inout Spec) -> Void = { spec in
            spec.mounts.removeAll(where: \.isBind)
            spec.mounts.append(
                PodSecurityCase.bind(
                    "/var/lib/nerdctl/1935db59/containers/default/x/resolv.conf", "/etc/resolv.conf"))
        }
        #expect(try violations(.restricted, PodFixture.hardened(change), type: .single) == [])
        let other = try PodFixture.hardened { spec in
            change(&spec)
            spec.mounts.append(
                PodSecurityCase.bind("/var/lib/nerdctl/1935db59/volumes/default/v/_data", "/v"))
        }
        #expect(try rules(.baseline, other, type: .single) == [.hostPathVolumes])
        // There is no pod whose folder this could be.
        #expect(try rules(.baseline, PodFixture.hardened(), type: .single) == [.hostPathVolumes])
    }

    @Test func anEmptySpecificationBreaksWhatNeedsASetting() throws {
        #expect(
            try rules(.restricted, Spec()) == [
                .hostNamespaces, .procMountType, .seccomp, .privilegeEscalation, .runningAsNonRoot,
                .runningAsNonRootUser,
            ])
    }

    // MARK: the error

    @Test func theErrorNamesContainerLevelAndEveryRule() throws {
        let spec = try PodFixture.hardened {
            $0.process?.capabilities?.bounding = ["CAP_SYS_ADMIN", "CAP_NET_ADMIN"]
            $0.mounts.append(PodSecurityCase.bind("/etc", "/host"))
        }
        let error = #expect(throws: RuntimeError.self) {
            try PodSecurityStandard.baseline.check(spec, id: PodFixture.id(), type: PodFixture.type())
        }
        #expect(error?.code == .permissionDenied)
        #expect(
            error?.message
                == "can't create container '\(PodFixture.container)': Pod Security level \"baseline\" forbids "
                + "Capabilities (process.capabilities has 'CAP_NET_ADMIN', 'CAP_SYS_ADMIN'), HostPath Volumes (mounts has "
                + "'/etc' at '/host'); take this out of the pod, or choose another pod_security in section [security]"
        )
        try PodSecurityStandard.restricted.check(
            PodFixture.hardened(), id: PodFixture.id(), type: PodFixture.type())
    }

    @Test func evidenceStaysShortAndPlain() throws {
        let spec = try PodFixture.hardened { spec in
            spec.mounts += (0..<1000).map {
                PodSecurityCase.bind("/x\($0)\n" + String(repeating: "y", count: 4000), "/m\($0)")
            }
            spec.process?.capabilities?.bounding = (0..<1000).map { "CAP_\($0)\u{202E}" }
            spec.linux?.sysctl = Dictionary(uniqueKeysWithValues: (0..<1000).map { ("a.b\($0)", "1") })
        }
        for violation in try violations(.restricted, spec) {
            #expect(violation.evidence.utf8.count < 800)
            #expect(violation.evidence.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x202E })
        }
    }
}
