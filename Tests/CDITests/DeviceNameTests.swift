import CDI
import Testing

@Suite struct DeviceNameTests {
    @Test(arguments: ["nvidia.com/gpu=0", "vendor.com/net-class_1.x=a:b.c_d-1", "v/c=0"])
    func namesAreRead(text: String) {
        #expect(DeviceName(text)?.description == text)
    }

    @Test(arguments: [
        "", "pgpu=0", "nvidia.com/=0", "/gpu=0", "nvidia.com/gpu", "nvidia.com/gpu=", "1v/c=0", "v/c=:",
        "v/c=a/b",
        "v/c.=0", "v/c=é", "v/c=0 ", "v/d/c=0",
    ])
    func othersAreNot(text: String) {
        #expect(DeviceName(text) == nil)
    }
}
