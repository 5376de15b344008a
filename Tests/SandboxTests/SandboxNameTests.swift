import OCI
import Testing

@testable import Sandbox

@Suite struct SandboxNameTests {
    /// FIPS 180-4's example.
    @Test func sha256OfABC() {
        #expect(
            sha256Hexadecimal("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func sameIDInTwoNamespacesAreTwoSandboxes() throws {
        let id = try ContainerID(parsing: "a")
        let one = SandboxName(containerdAddress: "/c", namespace: "x", id: id)
        let two = SandboxName(containerdAddress: "/c", namespace: "y", id: id)
        #expect(one.key != two.key)
        #expect(one.key.count == 32)
    }
}
