import AgentProtocol
import LoopSupport
import RuntimeErrors
import Testing

@testable import AgentService
@testable import GuestRuntime

@Suite(.timeLimit(.minutes(5))) struct GuestCDITests {
    private static let file = """
        {"cdiVersion": "0.7.0", "kind": "a.com/gpu", "devices": [
          {"name": "0", "containerEdits": {
            "deviceNodes": [{"path": "/dev/gpu0", "type": "c", "major": 195, "minor": 0, "permissions": "rw"}],
            "mounts": [{"hostPath": "/usr/lib/gpu", "containerPath": "/usr/lib/gpu", "options": ["ro", "bind"]}],
            "hooks": [{"hookName": "createContainer", "path": "/usr/bin/gpu-hook"}]}},
          {"name": "1", "containerEdits": {"env": ["SECOND=yes"]}}],
         "containerEdits": {"env": ["GPU=yes"], "additionalGids": [44]}}
        """

    private func request(_ names: String) -> AgentCreateContainerRequest {
        var request = AgentCreateContainerRequest()
        request.oci.annotations = ["cdi.k8s.io/vfio7": names, "other": "stays"]
        request.oci.process.env = ["PATH=/bin"]
        request.oci.linux.devices = [node("/dev/gpu0", "c", 1, 1), node("/dev/fuse", "c", 10, 229)]
        request.oci.linux.resources.devices = [rule(false, "a", -1, -1)]
        return request
    }

    private func inject(
        _ machine: FakeMachine, _ names: String, isAlone: Bool = true,
        _ change: @Sendable (inout DeviceSettings) -> Void = { _ in }
    ) async throws -> AgentSpec {
        let request = request(names)
        return try await machine.run(isAlone: isAlone, change) {
            try await $0.prepare(try DeviceRequests(request, readsVariable: false), request.oci, of: "c").spec
        }
    }

    @Test func editsOfTheGuestsFilesAreMade() async throws {
        let machine = try FakeMachine()
        try machine.writeCDI("a.json", Self.file)
        let spec = try await inject(machine, "a.com/gpu=0")
        #expect(spec.process.env == ["PATH=/bin", "GPU=yes"])
        #expect(spec.process.user.additionalGids == [44])
        #expect(spec.linux.devices == [node("/dev/fuse", "c", 10, 229), node("/dev/gpu0", "c", 195, 0)])
        #expect(spec.linux.resources.devices == [rule(false, "a", -1, -1), rule(true, "c", 195, 0, "rw")])
        #expect(spec.mounts.map(\.type) == ["bind"])
        #expect(spec.mounts.map(\.source) == ["/usr/lib/gpu"])
        #expect(spec.annotations == ["other": "stays"])
        #expect(try machine.logged().contains("hooks of CDI files are not run"))
    }

    /// A file that is not complete yet counts as one that is not there.
    @Test func filesThatComeLateAreWaitedFor() async throws {
        let machine = try FakeMachine()
        try machine.writeCDI("a.json", String(Self.file.prefix(200)))
        let late = Task {
            try await Task.sleep(for: .milliseconds(200))
            try machine.writeCDI("a.json", Self.file)
        }
        #expect(
            try await inject(machine, "a.com/gpu=1").process.env == ["PATH=/bin", "GPU=yes", "SECOND=yes"])
        try await late.value
        #expect(try machine.logged().contains("container 'c' waits for CDI files"))
    }

    @Test func aDeviceThatItsKindDoesNotHaveIsRefusedAtOnce() async throws {
        let machine = try FakeMachine()
        try machine.writeCDI("a.json", Self.file)
        let error = await #expect(throws: RuntimeError.self) {
            try await inject(machine, "a.com/gpu=0,a.com/gpu=7") { $0.cdiTimeout = .seconds(60) }
        }
        #expect(error?.code == .notFound)
        #expect(error?.message.contains("a.com/gpu=7") == true)
    }

    @Test func aKindThatDoesNotComeIsAnError() async throws {
        let machine = try FakeMachine()
        try machine.writeCDI("a.json", Self.file)
        try machine.writeCDI("bad.json", "{")
        let error = await #expect(throws: RuntimeError.self) {
            try await inject(machine, "a.com/gpu=0,b.com/nic=0") { $0.cdiTimeout = .milliseconds(50) }
        }
        #expect(error?.code == .deadlineExceeded)
        #expect(error.map { "\($0)" }?.contains("devices of 'b.com/nic'") == true)
        #expect(error.map { "\($0)" }?.contains("bad.json") == true)
    }

    /// The host would give up first, and nobody would learn why.
    @Test func theReasonComesBeforeTheHostGivesUp() async throws {
        let machine = try FakeMachine()
        try machine.writeCDI("a.json", Self.file)
        let request = request("b.com/nic=0")
        let error = await #expect(throws: RuntimeError.self) {
            try await machine.run {
                let requests = try DeviceRequests(request, readsVariable: false)
                return try await $0.prepare(requests, request.oci, of: "c", within: .milliseconds(2100)).spec
            }
        }
        #expect(error?.code == .deadlineExceeded)
        #expect(error.map { "\($0)" }?.contains("devices of 'b.com/nic'") == true)
    }

    @Test func whereNothingMakesFilesAContainerGoesWithout() async throws {
        let machine = try FakeMachine()
        let spec = try await inject(machine, "a.com/gpu=0") { $0.cdiTimeout = .seconds(60) }
        #expect(spec.process.env == ["PATH=/bin"])
        #expect(spec.linux.devices.count == 2)
        #expect(spec.annotations == ["other": "stays"])
        #expect(try machine.logged().contains("warning: container 'c' goes without 'a.com/gpu=0'"))
    }

    /// Beside other programs a generator may have begun later than the agent.
    @Test func aFolderMayComeLateInAGuestWithOtherPrograms() async throws {
        let machine = try FakeMachine()
        let late = Task {
            try await Task.sleep(for: .milliseconds(200))
            try machine.writeCDI("a.json", Self.file)
        }
        let spec = try await inject(machine, "a.com/gpu=1", isAlone: false) {
            $0.cdiFolderTimeout = .seconds(60)
        }
        #expect(spec.process.env.contains("SECOND=yes"))
        try await late.value
    }

    @Test func theVariableNamesDevicesToo() async throws {
        let machine = try FakeMachine()
        try machine.writeCDI("a.json", Self.file)
        var request = AgentCreateContainerRequest()
        request.oci.process.env = ["VISIBLE_CDI_DEVICES=a.com/gpu=all"]
        let sent = request
        let spec = try await machine.run(arguments: "agent.visible_cdi_devices") {
            let requests = try DeviceRequests(sent, readsVariable: $0.settings.readsVisibleDevices)
            return try await $0.prepare(requests, sent.oci, of: "c").spec
        }
        #expect(spec.process.env == ["VISIBLE_CDI_DEVICES=a.com/gpu=all", "GPU=yes", "SECOND=yes"])
        #expect(spec.linux.devices.map(\.path) == ["/dev/gpu0"])
    }

    @Test func othersAreServedWhileAContainerWaits() async throws {
        let machine = try FakeMachine()
        try machine.writeCDI("other.json", Self.file.replacing("a.com/gpu", with: "b.com/gpu"))
        let request = request("a.com/gpu=1")
        let environment = try await machine.run { preparation in
            let waiting = preparation.loop.task {
                try await preparation.prepare(
                    try DeviceRequests(request, readsVariable: false), request.oci, of: "c"
                ).spec.process.env
            }
            // Both the loop and the thread of effects do other work in between.
            for _ in 0..<20 {
                try await preparation.loop.sleep(for: .milliseconds(10))
                _ = try await preparation.effects.run("do other work", deadline: .seconds(60)) { 1 }
            }
            try machine.writeCDI("a.json", Self.file)
            return try await waiting.value
        }
        #expect(environment.contains("SECOND=yes"))
    }
}
