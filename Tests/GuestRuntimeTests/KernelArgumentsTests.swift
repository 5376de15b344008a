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
