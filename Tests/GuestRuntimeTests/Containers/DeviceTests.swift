import AgentProtocol
import FakeHost
import Foundation
import Linux
import TTRPC
import Testing

/// Devices of a fake machine, in containers for real.
@Suite(.enabled(if: TestGuest.isPossible, "needs root"), .timeLimit(.minutes(5))) struct DeviceTests {
    @Test func aContainerSeesWhatTheGuestCallsItsDevices() async throws {
        let machine = try FakeMachine()
        try machine.addDisk("0000:00:05.0", "253:16")
        try machine.add(FakeFunction(pci("0000:01:00.0")), behind: "0000:00:02.0")
        try machine.writeCDI(
            "a.json",
            #"{"cdiVersion": "0.6.0", "kind": "a.com/gpu", "devices": [{"name": "0", "containerEdits": {"env": ["GPU=0"]}}]}"#
        )
        try await TestGuest.with(environment: ["SWIFTLET_HOST_ROOT": machine.host.roots.prefix]) { guest in
            var spec = guest.spec(["sh", "-c", "ls -l /dev/xvda; echo $PCIDEVICE_A $GPU; sleep 600"])
            spec.linux.devices = [node("/dev/xvda", "b", 8, 1)]
            spec.process.env.append("PCIDEVICE_A=0000:3b:00.0")
            spec.annotations = ["cdi.k8s.io/vfio7": "a.com/gpu=0"]
            let devices = [
                device("blk", id: "05", node: "/dev/xvda"),
                device("vfio-pci-gk", id: "7", node: "/dev/vfio/7", ["0000:3b:00.0=02/00"]),
            ]
            try await guest.create("c", spec, devices: devices)
            try await guest.start("c")
            var request = AgentExecProcessRequest()
            (request.containerID, request.execID) = ("c", "e")
            request.process.args = ["sh", "-c", "echo $PCIDEVICE_A $PCIDEVICE_B"]
            request.process.env = ["PATH=/bin", "PCIDEVICE_A=0000:01:00.0", "PCIDEVICE_B=0000:3b:00.0"]
            _ = try await guest.agent.execProcess(request, timeout: .seconds(60))
            #expect(
                String(decoding: try await guest.read("c", "e"), as: UTF8.self)
                    == "0000:01:00.0 0000:01:00.0\n")
            try await guest.signal("c", "", 9)
            let output = String(decoding: try await guest.read("c"), as: UTF8.self)
            #expect(output.contains("253,  16"))
            #expect(output.hasPrefix("brw-"))
            #expect(output.hasSuffix("0000:01:00.0 0\n"))
            _ = try await guest.wait("c")
            try await guest.remove("c")
        }
    }

    @Test func aContainerWithoutItsDeviceIsNotMade() async throws {
        let machine = try FakeMachine()
        try await TestGuest.with(environment: ["SWIFTLET_HOST_ROOT": machine.host.roots.prefix]) { guest in
            let devices = [device("vfio-pci-gk", id: "7", node: "", ["0000:3b:00.0=02/00"])]
            let error = await #expect(throws: TTRPCError.self) {
                try await guest.create("c", guest.spec(["true"]), devices: devices)
            }
            #expect(error?.code == .notFound)
            #expect(error?.message.contains("'0000:3b:00.0'") == true)
            // The id is free again, and others are made.
            let outcome = try await guest.run(guest.spec(["echo", "hello"]))
            #expect(outcome.output == "hello\n")
        }
    }

    @Test func theAgentNamesWhatItHandles() async throws {
        try await TestGuest.with { guest in
            let details = try await guest.agent.getGuestDetails(
                AgentGuestDetailsRequest(), timeout: .seconds(60))
            #expect(details.agentDetails.deviceHandlers == ["blk", "vfio-pci", "vfio-pci-gk"])
        }
    }
}
