import CDI
import FakeHost
import Linux
import RuntimeErrors
import Testing

@testable import Sandbox

@Suite struct MIGTests {
    private func names(_ texts: String...) -> [DeviceName] { texts.compactMap { DeviceName($0) } }

    /// S3-7
    @Test func aSliceIsRefusedWithAdvice() throws {
        let asked = names("nvidia.com/mig-1g.10gb=3", "nvidia.com/pgpu=0", "nvidia.com/gpu=MIG-4d806f22-346a")
        #expect(asked.count == 3)
        let error = DeviceScene.refusal { try MIGSlices.refuse(in: asked, of: "c1") }
        #expect(error?.code == .failedPrecondition)
        #expect(
            error?.message
                == "can't give container 'c1' 'nvidia.com/mig-1g.10gb=3', 'nvidia.com/gpu=MIG-4d806f22-346a': a MIG "
                + "slice is not a VFIO device; use a vGPU or a virtual function made of it, or pass the whole GPU and "
                + "slice it in the guest")
    }

    @Test func otherNamesAreNoSlices() throws {
        try MIGSlices.refuse(
            in: names(
                "nvidia.com/gpu=0", "nvidia.com/gpu=0:1", "nvidia.com/migration=1",
                "k8s.device-plugin.nvidia.com/gpu=GPU-1", "example.com/mig-1g.10gb=0"),
            of: "c1")
        #expect(names("k8s.device-plugin.nvidia.com/gpu=MIG-1").allSatisfy(MIGSlices.isSlice))
    }

    /// S3-4
    @Test func theFourFormsAreRead() throws {
        let host = try FakeHost()
        try host.write(
            "config 1\nmonitor 2\ngpu0/gi0/access 3\ngpu0/gi0/ci0/access 4\ngpu12/gi13/ci7/access 300\n",
            to: "\(host.roots.proc)/driver/nvidia-caps/mig-minors")
        let minors = try MIGMinors(on: host.roots)
        #expect(
            minors.capabilities == [
                1: .config, 2: .monitor, 3: .instance(gpu: 0, instance: 0),
                4: .computeInstance(gpu: 0, instance: 0, compute: 0),
                300: .computeInstance(gpu: 12, instance: 13, compute: 7),
            ])
        #expect(minors.capabilities[300]?.description == "gpu12/gi13/ci7/access")
    }

    @Test func aHostWithoutMIGHasNoCapabilities() throws {
        #expect(try MIGMinors(on: FakeHost().roots) == MIGMinors())
    }

    @Test(arguments: [
        "config", "config 1 2", "config -1", "config 4294967296", "gpu0/access 3", "gpu0/gi0 3",
        "gi0/gpu0/access 3",
        "gpu0/gi0/ci0/ci1/access 3", "gpux/gi0/access 3", "gpu/gi0/access 3", "monitor 1", "config  1",
        "access 3",
    ])
    func anUnknownLineIsNamed(_ line: String) throws {
        let error = DeviceScene.refusal {
            _ = try MIGMinors(text: "config 1\n\(line)\n", path: "/proc/driver/nvidia-caps/mig-minors")
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.hasPrefix("can't read '/proc/driver/nvidia-caps/mig-minors': line 2 ") == true)
    }
}
