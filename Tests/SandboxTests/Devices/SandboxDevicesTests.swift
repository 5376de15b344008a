import Linux
import CDI
import AgentClient
import FakeHost
import Hypervisor
import OCI
import RuntimeErrors
import Testing
import VFIO

@testable import Sandbox

/// From a container's specification to the command line of its machine.
@Suite struct SandboxDevicesTests {
    private static let key = "cdi.k8s.io/vfio0"

    private func refusal(_ body: () throws -> Void) throws -> RuntimeError {
        let error = DeviceScene.refusal(body)
        return try #require(error)
    }

    /// S1-1, S1-24
    @Test(arguments: SandboxScene.Monitor.allCases) func anAnnotationBecomesADevice(
        _ monitor: SandboxScene.Monitor
    ) throws {
        let host = try FakeHost.withGPU()
        let before = try host.snapshot()
        let scene = try SandboxScene(host, monitor)
        let sandbox = try scene.prepare(scene.request([Self.key: "nvidia.com/pgpu=0", "other": "stays"]))
        let devices = try scene.passthrough(sandbox)
        #expect(devices.count == 1)
        #expect(devices.allSatisfy { $0.contains("0000:65:00.0") })
        if monitor == .qemu { #expect(devices.first?.contains("bus=rp0,") == true) }
        #expect(sandbox.request.spec.annotations == ["other": "stays"])
        #expect(
            sandbox.container.guestSpec.annotations == [
                "other": "stays", "cdi.k8s.io/vfio42": "nvidia.com/gpu=0",
            ])
        let guest = try #require(sandbox.container.guestDevices.first)
        let path = try #require(sandbox.plan.devices.first { $0.passthrough != nil }?.path)
        #expect(guest.type == "vfio-pci-gk" && guest.options == ["0000:65:00.0=\(path)"])
        #expect(sandbox.container.guestSpec.linux?.devices.isEmpty == true)
        #expect(try host.snapshot() == before)
    }

    /// S1-2, S1-11, S1-14
    @Test(arguments: SandboxScene.Monitor.allCases) func theContainersOfAPodShareTheSandboxsDevices(
        _ monitor: SandboxScene.Monitor
    ) throws {
        let host = try FakeHost.withGPU()
        try host.add(FakeFunction(pci("0000:17:00.0"), group: 11))
        try host.addCDI("nvidia.com/more", [("1", ["/dev/vfio/11"])], file: "more")
        try host.nameVFIONodes([11])
        let scene = try SandboxScene(host, monitor)
        let names = [Self.key: "nvidia.com/pgpu=0,nvidia.com/more=1"]
        let sandbox = try scene.prepare(
            scene.request(SandboxScene.sandboxMarks.merging(names) { $1 }))
        #expect(try scene.passthrough(sandbox).count == 2)
        // The pause container shows them to nobody.
        #expect(sandbox.container.guestDevices.isEmpty)
        #expect(!sandbox.container.guestSpec.annotations.keys.contains { $0.hasPrefix("cdi.k8s.io/") })
        let machine = MachineDevices(attached: sandbox.attached)
        var inner: [String: String] = [:]
        for (name, group) in [("nvidia.com/pgpu=0", 42), ("nvidia.com/more=1", 11)] {
            let request = try scene.request(
                SandboxScene.memberMarks.merging([Self.key: name]) { $1 }, id: "c\(group)")
            let member = try ContainerPreparation(of: request, joining: machine, on: host.roots)
            // Nothing is injected a second time.
            #expect(member.request.spec.linux?.devices.isEmpty == true)
            #expect(member.plan.guestDevices.map(\.options.count) == [1])
            inner.merge(member.plan.guestSpec.annotations.filter { $0.key.hasPrefix("cdi.") }) { $1 }
        }
        #expect(Set(inner.keys) == ["cdi.k8s.io/vfio42", "cdi.k8s.io/vfio11"])
        #expect(Set(inner.values) == ["nvidia.com/gpu=0", "nvidia.com/gpu=1"])
    }

    /// S1-3
    @Test(arguments: SandboxScene.Monitor.allCases) func allNamesCountOnceInTheOrderOfTheirKeys(
        _ monitor: SandboxScene.Monitor
    ) throws {
        let host = try FakeHost()
        try host.addDriver("vfio-pci")
        for (slot, group) in [(1, 1), (2, 2), (3, 3)] {
            try host.add(FakeFunction(pci("0000:0\(slot):00.0"), group: group))
        }
        try host.nameVFIONodes(1...3)
        try host.addCDI("v.com/d", (1...3).map { ("\($0)", ["/dev/vfio/\($0)"]) })
        let scene = try SandboxScene(host, monitor)
        let sandbox = try scene.prepare(
            scene.request([
                "cdi.k8s.io/b": "v.com/d=1,v.com/d=3", "cdi.k8s.io/a": "v.com/d=3,v.com/d=2,v.com/d=2",
            ]))
        #expect(
            sandbox.devices.vfio.devices.map { "\($0.host)" } == [
                "0000:03:00.0", "0000:02:00.0", "0000:01:00.0",
            ])
        #expect(try scene.passthrough(sandbox).count == 3)
    }

    /// S1-5
    @Test(arguments: ["pgpu=0", "nvidia.com/=0", "", "nvidia.com/pgpu=0, nvidia.com/pgpu=1"])
    func whatIsNoNameIsRefused(_ value: String) throws {
        let scene = try SandboxScene(FakeHost.withGPU())
        let error = try refusal { _ = try scene.prepare(scene.request([Self.key: value])) }
        #expect(error.code == .invalidArgument)
        #expect(error.message.contains(Self.key))
    }

    /// S1-6
    @Test func whatNobodyKnowsIsListedWithWhereWasLooked() throws {
        let host = try FakeHost.withGPU()
        let scene = try SandboxScene(host)
        let error = try refusal {
            _ = try scene.prepare(
                scene.request([Self.key: "nvidia.com/pgpu=0,nvidia.com/pgpu=8,other.com/x=1"]))
        }
        #expect(error.code == .notFound)
        for word in [
            "nvidia.com/pgpu=8", "other.com/x=1", host.roots.cdi[0], host.roots.cdi[1], "devices.json",
        ] {
            #expect(error.message.contains(word), "\(word)")
        }
        #expect(!error.message.contains("pgpu=0"))
    }

    /// S1-7
    @Test(arguments: SandboxScene.Monitor.allCases) func withoutAPortADeviceIsRefusedOrPassedOver(
        _ monitor: SandboxScene.Monitor
    ) throws {
        let host = try FakeHost.withGPU()
        let scene = try SandboxScene(host, monitor)
        let before = try host.snapshot()
        let names = [Self.key: "nvidia.com/pgpu=0"]
        let error = try refusal { _ = try scene.prepare(scene.request(names, scene.configuration(""))) }
        #expect(error.code == .failedPrecondition)
        #expect(error.message.contains(Self.key) && error.message.contains("cold_plug_vfio"))
        let passing = try scene.configuration("", runtime: "cdi_without_port = \"warn\"")
        let sandbox = try scene.prepare(scene.request(names, passing))
        #expect(try scene.passthrough(sandbox).isEmpty)
        #expect(sandbox.warnings.count == 1)
        #expect(sandbox.warnings.first?.contains("cold_plug_vfio") == true)
        #expect(sandbox.container.guestSpec.annotations.isEmpty)
        #expect(sandbox.container.guestSpec.linux?.devices.isEmpty == true)
        #expect(try host.snapshot() == before)
    }

    /// S1-10
    @Test(arguments: SandboxScene.Monitor.allCases) func twelveDevicesAreCountedByNumber(
        _ monitor: SandboxScene.Monitor
    ) throws {
        let host = try FakeHost()
        try host.addDriver("vfio-pci")
        for number in 1...12 {
            let bus = String(number, radix: 16)
            try host.add(FakeFunction(pci("0000:0\(bus):00.0"), group: number))
        }
        try host.nameVFIONodes(1...12)
        let scene = try SandboxScene(host, monitor)
        let sandbox = try scene.prepare(scene.request(nodes: (1...12).map(DeviceScene.group)))
        #expect(try scene.passthrough(sandbox).count == 12)
        for number in 1...12 {
            #expect(
                sandbox.container.guestSpec.annotations["cdi.k8s.io/vfio\(number)"]
                    == "nvidia.com/gpu=\(number - 1)")
        }
    }

    /// S1-12, S1-13
    @Test(arguments: SandboxScene.Monitor.allCases) func kindsAreCountedByThemselves(
        _ monitor: SandboxScene.Monitor
    ) throws {
        let host = try FakeHost.withGPU()
        try host.add(
            FakeFunction(pci("0000:65:00.1"), driver: "snd_hda_intel", group: 42).with {
                $0.classCode = 0x04_0300
            })
        try host.add(.network(pci("0000:84:00.0"), group: 8))
        try host.nameVFIONodes([8])
        let scene = try SandboxScene(host, monitor)
        let sandbox = try scene.prepare(scene.request(nodes: [DeviceScene.group(42), DeviceScene.group(8)]))
        #expect(try scene.passthrough(sandbox).count == 3)
        // The sound function goes along and has no name of its own.
        #expect(
            sandbox.container.guestSpec.annotations == [
                "cdi.k8s.io/vfio42": "nvidia.com/gpu=0", "cdi.k8s.io/vfio8": "nvidia.com/nic=0",
            ])
        #expect(sandbox.container.guestDevices.map(\.options.count) == [3])
    }

    /// S1-15
    @Test(arguments: SandboxScene.Monitor.allCases) func aDeviceNodeOfItsOwnGoesThroughIOMMUFD(
        _ monitor: SandboxScene.Monitor
    ) throws {
        let host = try FakeHost()
        try host.addDriver("vfio-pci")
        try host.add(FakeFunction(pci("0000:65:00.0"), group: 42).with { $0.boundTo = "vfio-pci" })
        try host.name("char", 510, 0, "vfio/devices/vfio0")
        let scene = try SandboxScene(host, monitor)
        let configuration = try scene.configuration("cold_plug_vfio = \"root-port\"\niommufd = \"on\"")
        let sandbox = try scene.prepare(
            scene.request(
                nodes: [DeviceScene.node("/dev/vfio/devices/vfio0", 510, 0)], configuration))
        let all = try scene.arguments(sandbox).joined(separator: " ")
        #expect(all.contains(monitor == .qemu ? "iommufd,id=iommufd" : "iommufd=on"))
        #expect(sandbox.container.guestSpec.annotations == ["cdi.k8s.io/vfio0": "nvidia.com/gpu=0"])
        #expect(sandbox.devices.vfio.writes.isEmpty)
    }

    /// S1-16
    @Test(arguments: SandboxScene.Monitor.allCases) func theKubeletsWordCountsInsteadOfAnnotations(
        _ monitor: SandboxScene.Monitor
    ) throws {
        let host = try FakeHost.withGPU()
        let scene = try SandboxScene(host, monitor)
        let names = SandboxScene.sandboxMarks.merging([Self.key: "nobody.com/knows=this"]) { $1 }
        let sandbox = try scene.prepare(
            scene.request(names),
            from: .kubelet([try #require(.init("nvidia.com/pgpu=0")), try #require(.init("plain.com/x=1"))]))
        #expect(try scene.passthrough(sandbox).count == 1)
        #expect(sandbox.areDevicesKubelets)
        // A plugin without a CDI file gives its container a node; that is said and no error.
        #expect(sandbox.warnings.count == 1 && sandbox.warnings[0].contains("plain.com/x=1"))
        #expect(!sandbox.container.guestSpec.annotations.keys.contains { $0.hasPrefix("cdi.k8s.io/") })
        let machine = MachineDevices(attached: sandbox.attached, areKubelets: true)
        let member = try ContainerPreparation(
            of: scene.request(
                SandboxScene.memberMarks.merging([Self.key: "nobody.com/knows=this"]) { $1 },
                nodes: [DeviceScene.group(42)], id: "c2"),
            joining: machine, on: host.roots)
        #expect(member.plan.guestSpec.annotations["cdi.k8s.io/vfio42"] == "nvidia.com/gpu=0")
        #expect(member.plan.guestSpec.annotations[Self.key] == nil)
    }

    /// S1-18
    @Test func anotherGroupThanTheAnnotationNamesIsRefused() throws {
        let host = try FakeHost.withGPU()
        try host.add(FakeFunction(pci("0000:17:00.0"), group: 11))
        try host.nameVFIONodes([11])
        let scene = try SandboxScene(host)
        let sandbox = try scene.prepare(
            scene.request(SandboxScene.sandboxMarks.merging([Self.key: "nvidia.com/pgpu=0"]) { $1 }))
        let error = try refusal {
            _ = try ContainerPreparation(
                of: scene.request(SandboxScene.memberMarks, nodes: [DeviceScene.group(11)], id: "c2"),
                joining: MachineDevices(attached: sandbox.attached), on: host.roots)
        }
        #expect(error.code == .failedPrecondition)
        #expect(error.message.contains("0000:65:00.0") && error.message.contains("VFIO group 11"))
    }

    /// S1-20, S1-21
    @Test(arguments: SandboxScene.Monitor.allCases) func byAnnotationByNodeAndByBothItIsTheSameMachine(
        _ monitor: SandboxScene.Monitor
    ) throws {
        let scene = try SandboxScene(FakeHost.withGPU(), monitor)
        let names = [Self.key: "nvidia.com/pgpu=0"]
        let nodes = [DeviceScene.group(42)]
        let byName = try scene.arguments(scene.prepare(scene.request(names)))
        #expect(try scene.arguments(scene.prepare(scene.request(nodes: nodes))) == byName)
        #expect(try scene.arguments(scene.prepare(scene.request(names, nodes: nodes))) == byName)
        #expect(try scene.passthrough(scene.prepare(scene.request(names, nodes: nodes))).count == 1)
    }

    /// S1-22
    @Test(arguments: SandboxScene.Monitor.allCases) func otherEditsReachTheGuestAndHooksDoNot(
        _ monitor: SandboxScene.Monitor
    ) throws {
        let host = try FakeHost.withGPU()
        let edits = """
            , "env": ["A=1"], "mounts": [{"hostPath": "/lib/gpu", "containerPath": "/lib/gpu", "options": ["bind"]}],
            "hooks": [{"hookName": "createContainer", "path": "/usr/bin/hook"}], "additionalGids": [44]
            """
        try host.addCDI("nvidia.com/pgpu", [("0", ["/dev/vfio/42"])], edits: edits, folder: 1)
        let scene = try SandboxScene(host, monitor)
        let sandbox = try scene.prepare(scene.request([Self.key: "nvidia.com/pgpu=0"], env: ["A=0", "B=2"]))
        let guest = sandbox.container.guestSpec
        #expect(guest.process?.env == ["A=1", "B=2"])
        #expect(guest.mounts.map(\.destination) == ["/lib/gpu"])
        #expect(guest.process?.user?.additionalGids == [44])
        #expect(guest.hooks == nil && sandbox.request.spec.hooks == nil)
        let warnings = sandbox.warnings.joined(separator: "\n")
        #expect(warnings.contains("/usr/bin/hook") && warnings.contains(host.roots.cdi[1]))
        #expect(warnings.contains("'/lib/gpu'"))
    }

    /// S1-25
    @Test func theLaterFolderWins() throws {
        let host = try FakeHost.withGPU()
        try host.add(FakeFunction(pci("0000:17:00.0"), group: 11))
        try host.nameVFIONodes([11])
        try host.addCDI("nvidia.com/pgpu", [("0", ["/dev/vfio/11"])], folder: 1)
        let scene = try SandboxScene(host)
        let names = [Self.key: "nvidia.com/pgpu=0"]
        let sandbox = try scene.prepare(scene.request(names))
        #expect(sandbox.devices.vfio.devices.map(\.group) == [11])
        // Twice in one folder is a conflict of that device only.
        try host.addCDI("nvidia.com/pgpu", [("0", ["/dev/vfio/42"])], folder: 1, file: "again")
        try host.addCDI("nvidia.com/other", [("0", ["/dev/vfio/42"])], folder: 1, file: "other")
        let error = try refusal { _ = try scene.prepare(scene.request(names)) }
        #expect(error.code == .notFound && error.message.contains("again.json"))
        #expect(
            try scene.prepare(scene.request([Self.key: "nvidia.com/other=0"])).devices.vfio.devices.count == 1
        )
    }

    @Test func aPrivilegedContainerAsksForNothingByTheNodesThatItHas() throws {
        let host = try FakeHost.withGPU()
        let scene = try SandboxScene(host)
        let all = DeviceRule(allow: true, type: "a", access: "rwm")
        let nodes = [
            DeviceScene.group(42), DeviceScene.node("/dev/vfio/vfio", 10, 196),
            DeviceScene.node("/dev/mem", 1, 1),
            DeviceScene.node("/dev/sda", 8, 0, type: "b"),
        ]
        let sandbox = try scene.prepare(scene.request(nodes: nodes, rules: [all]))
        #expect(sandbox.devices.isEmpty)
        #expect(sandbox.container.guestSpec.linux?.devices.map(\.path) == ["/dev/mem"])
        #expect(sandbox.warnings.contains { $0.contains("privileged_without_host_devices") })
    }
}
