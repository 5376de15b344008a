import Testing

@testable import GuestRuntime

@Suite struct KernelArgumentsTests {
    @Test func nothingSaidMeansTheDefaults() {
        let arguments = KernelArguments(parsing: "console=hvc0 quiet\n")
        #expect(arguments.port == 1024)
        #expect(arguments.debugConsolePort == nil)
        #expect(arguments.rootDevice == nil)
        #expect(!arguments.isDebugging)
    }

    @Test func wordsOfTheAgent() {
        let arguments = KernelArguments(
            parsing:
                "agent.log=debug agent.server_addr=vsock://-1:77 agent.debug_console agent.debug_console_vport=9"
        )
        #expect(arguments.isDebugging)
        #expect(arguments.port == 77)
        #expect(arguments.debugConsolePort == 9)
    }

    @Test func wordsAboutDevices() {
        let arguments = KernelArguments(
            parsing: "agent.hotplug_timeout=7 agent.cdi_timeout=9 agent.visible_cdi_devices")
        #expect(arguments.hotplugSeconds == 7)
        #expect(arguments.cdiSeconds == 9)
        #expect(arguments.usesVisibleDevices)
        for word in ["0", "-1", "x", "", "99999999999999999999", "9223372036854775807"] {
            let arguments = KernelArguments(
                parsing: "agent.hotplug_timeout=\(word) agent.cdi_timeout=\(word)")
            #expect(arguments.hotplugSeconds == 3)
            #expect(arguments.cdiSeconds == 100)
            #expect(!arguments.usesVisibleDevices)
        }
    }

    /// The port alone, or a no, opens nothing.
    @Test(arguments: ["agent.debug_console_vport=9", "agent.debug_console=false", "agent.debug_console="])
    func theDebugConsoleIsOffUnlessItIsAskedFor(_ line: String) {
        #expect(KernelArguments(parsing: line).debugConsolePort == nil)
    }

    @Test func wordsOfTheKernel() {
        let arguments = KernelArguments(parsing: "root=/dev/vda1 rootfstype=erofs ro init=/usr/bin/x")
        #expect(arguments.rootDevice == "/dev/vda1")
        #expect(arguments.rootType == "erofs")
        #expect(arguments.initProgram == "/usr/bin/x")
        #expect(KernelArguments(parsing: "root=UUID=1").rootDevice == nil)
    }

    @Test(arguments: [
        "agent.server_addr=vsock://", "agent.server_addr=vsock://-1:99999999999", "agent.server_addr",
    ])
    func anAddressThatIsNoneIsPassedOver(_ line: String) {
        #expect(KernelArguments(parsing: line).port == 1024)
    }
}
