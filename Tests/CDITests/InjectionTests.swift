import CDI
import Glibc
import Linux
import OCI
import RuntimeErrors
import Testing

@Suite struct InjectionTests {
    private let host: CDIHost
    private var container = Spec(process: Process(args: ["/a"], env: ["A=1", "B=2"]))

    init() throws {
        host = try CDIHost()
    }

    @Test mutating func aDescribedNodeComesWithItsRule() throws {
        let node =
            #"{"path":"/dev/nvidia-caps/nvidia-cap1","type":"c","major":236,"minor":1,"permissions":"r"}"#
        let plain = #"{"path":"/dev/plain","type":"c","major":236,"minor":2}"#
        let none = #"{"path":"/dev/none","type":"c","major":236,"minor":3,"permissions":"none"}"#
        _ = try host.inject(#"{"deviceNodes":[\#(node),\#(plain),\#(none)]}"#, into: &container)
        let linux = try #require(container.linux)
        #expect(
            linux.devices.first
                == DeviceNode(path: "/dev/nvidia-caps/nvidia-cap1", type: "c", major: 236, minor: 1))
        #expect(
            linux.resources?.devices == [
                DeviceRule(allow: true, type: "c", major: 236, minor: 1, access: "r"),
                DeviceRule(allow: true, type: "c", major: 236, minor: 2, access: "rwm"),
            ])
    }

    @Test mutating func theHostsNodeFillsInWhatIsLeftOut() throws {
        mkfifo("\(host.roots.prefix)/dev/pipe", 0o640)
        chmod("\(host.roots.prefix)/dev/pipe", 0o640)
        _ = try host.inject(#"{"deviceNodes":[{"path":"/dev/in","hostPath":"/dev/pipe"}]}"#, into: &container)
        #expect(container.linux?.devices.first?.type == "p")
        #expect(container.linux?.devices.first?.fileMode == 0o640)
        #expect(container.linux?.resources == nil)
        // The real host has a node with numbers that are always the same.
        var second = Spec(process: Process(args: ["/a"]))
        let real = try Injection(
            host.registry(#"{"deviceNodes":[{"path":"/dev/in","hostPath":"/dev/null"}]}"#), roots: HostRoots()
        )
        let report = try real.inject([#require(DeviceName("nvidia.com/gpu=x"))], into: &second)
        let node = try #require(second.linux?.devices.first)
        #expect((node.type, node.major, node.minor) == ("c", 1, 3))
        #expect(report.nodes.first?.hostPath == "/dev/null")
    }

    @Test mutating func aNodeThatIsNotThereIsNamedAndNothingIsChanged() throws {
        let before = container
        let error = #expect(throws: RuntimeError.self) {
            try host.inject(
                #"{"env":["C=3"],"deviceNodes":[{"path":"/dev/in","hostPath":"/dev/gone"}]}"#,
                into: &container)
        }
        #expect(error?.code == .notFound)
        #expect(error?.message.contains("'/dev/gone'") == true)
        mkfifo("\(host.roots.prefix)/dev/pipe", 0o600)
        #expect(throws: RuntimeError.self) {
            try host.inject(#"{"deviceNodes":[{"path":"/dev/pipe","type":"b","major":8}]}"#, into: &container)
        }
        #expect(container == before)
    }

    @Test mutating func ownerAndModeAreThoseGivenElseTheProcessesOwn() throws {
        container.process?.user = User(uid: 1000, gid: 2000)
        let given = #"{"path":"/dev/a","type":"c","major":1,"fileMode":384,"uid":7,"gid":8}"#
        _ = try host.inject(
            #"{"deviceNodes":[\#(given),{"path":"/dev/b","type":"c","major":1}]}"#, into: &container)
        let nodes = try #require(container.linux?.devices)
        #expect(nodes.map(\.uid) == [7, 1000] && nodes.map(\.gid) == [8, 2000])
        #expect(nodes.map(\.fileMode) == [0o600, nil])
    }

    @Test mutating func environmentMountsAndGroupsFollowTheSpecification() throws {
        container.mounts = [
            Mount(destination: "/a/b/c", source: "x"), Mount(destination: "/proc", type: "proc"),
            Mount(destination: "/lib/y", source: "old"),
        ]
        let report = try host.inject(
            #"{"env":["A=9","C=3"],"mounts":[{"hostPath":"/l","containerPath":"/lib/y","options":["bind"]},{"hostPath":"/m","containerPath":"/z","options":["bind"]}],"additionalGids":[0,5,5,6],"netDevices":[{"hostInterfaceName":"eth0","name":"n"}],"intelRdt":{"closID":"d"}}"#,
            file: #"{"env":["C=0"],"intelRdt":{"closID":"f"}}"#, into: &container)
        #expect(container.process?.env == ["A=9", "B=2", "C=3"])
        #expect(container.mounts.map(\.destination) == ["/proc", "/z", "/lib/y", "/a/b/c"])
        #expect(container.mounts[2].source == "/l")
        #expect(container.process?.user?.additionalGids == [5, 6])
        #expect(container.linux?.intelRdt?.closID == "d")
        #expect(container.linux?.netDevices == ["eth0": NetDevice(name: "n")])
        #expect(report.mounts.count == 2 && report.additionalGids == [5, 6])
        let guest = try container.forGuest(
            GuestRewrite(rootPath: "/r", cgroupsPath: "/c", mounts: [0: .drop, 1: .drop, 2: .drop, 3: .drop]))
        #expect(guest.spec.linux?.netDevices == [:] && guest.spec.linux?.intelRdt == nil)
        #expect(guest.notes.contains { $0.hasPrefix("netDevices") })
    }

    @Test mutating func hooksAreDroppedWithOneWarning() throws {
        let report = try host.inject(
            #"{"hooks":[{"hookName":"createContainer","path":"/usr/bin/hook"},{"hookName":"prestart","path":"/p"}],"deviceNodes":[{"path":"/dev/vfio/42","type":"c","major":1}],"mounts":[{"hostPath":"/usr/lib/l.so","containerPath":"/l.so","options":["bind"]}]}"#,
            into: &container)
        #expect(container.hooks == nil)
        let warning = try #require(report.hooksWarning)
        #expect(warning.contains("createContainer '/usr/bin/hook' of '\(host.roots.prefix)/etc/cdi/a.json'"))
        #expect(warning.contains("prestart '/p'"))
        #expect(report.mountsNote?.contains("'/usr/lib/l.so'") == true)
    }

    @Test mutating func bindMountsAreMappedInAUserNamespace() throws {
        container.linux = LinuxConfiguration()
        container.linux?.namespaces = [Namespace(.user)]
        _ = try host.inject(
            #"{"mounts":[{"hostPath":"/l","containerPath":"/l","options":["bind"]}]}"#, into: &container)
        #expect(container.mounts.first?.options == ["bind", "idmap"])
    }

    @Test(arguments: 0..<64)
    func capabilitiesStayAsTheyAre(seed: Int) throws {
        var generator = Seeded(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1)
        let known = ["CAP_CHOWN", "CAP_IPC_LOCK", "CAP_SYS_ADMIN", "CAP_SYS_RESOURCE"]
        let some = { (generator: inout Seeded) in known.filter { _ in Bool.random(using: &generator) } }
        var container = container
        container.process?.capabilities =
            Bool.random(using: &generator)
            ? nil
            : Capabilities(
                bounding: some(&generator), effective: some(&generator), inheritable: some(&generator),
                permitted: some(&generator), ambient: some(&generator))
        let all = [
            #""env":["CAPS=CAP_SYS_ADMIN"]"#, #""deviceNodes":[{"path":"/dev/a","type":"c","major":1}]"#,
            #""mounts":[{"hostPath":"/l","containerPath":"/l","options":["bind"]}]"#,
            #""additionalGids":[5]"#,
            #""hooks":[{"hookName":"prestart","path":"/p"}]"#, #""intelRdt":{"closID":"d"}"#,
            #""netDevices":[{"hostInterfaceName":"eth0","name":"n"}]"#,
        ]
        let chosen = all.filter { _ in Bool.random(using: &generator) }
        let before = container.process
        _ = try host.inject("{\((chosen.isEmpty ? all : chosen).joined(separator: ","))}", into: &container)
        #expect(container.process?.capabilities == before?.capabilities)
        #expect(container.process?.noNewPrivileges == before?.noNewPrivileges)
    }
}

extension CDIHost {
    /// The registry of one file with one device of these edits.
    fileprivate func registry(_ edits: String) throws -> Registry {
        try file("etc/cdi/a.json", spec(edits))
        return registry
    }
}

/// Repeatable choices: xorshift.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
