import OCI
import RuntimeErrors
import Testing

@Suite struct ContainerTypeTests {
    private let typeKey = "io.kubernetes.cri.container-type"
    private let sandboxKey = "io.kubernetes.cri.sandbox-id"
    private let otherTypeKey = "io.kubernetes.cri-o.ContainerType"
    private let otherSandboxKey = "io.kubernetes.cri-o.SandboxID"

    @Test func noMarkIsASingleContainer() throws {
        #expect(try ContainerType(annotations: [:]) == .single)
        #expect(try ContainerType(annotations: ["io.kubernetes.cri.sandbox-id": "x"]) == .single)
    }

    @Test func containerd() throws {
        #expect(try ContainerType(annotations: [typeKey: "sandbox", sandboxKey: "s"]) == .sandbox)
        #expect(
            try ContainerType(annotations: [typeKey: "container", sandboxKey: "s"])
                == .container(of: SandboxID(parsing: "s")))
    }

    @Test func crio() throws {
        #expect(try ContainerType(annotations: [otherTypeKey: "sandbox"]) == .sandbox)
        #expect(
            try ContainerType(annotations: [otherTypeKey: "container", otherSandboxKey: "s"])
                == .container(of: SandboxID(parsing: "s")))
    }

    @Test func errors() {
        #expect(
            message { _ = try ContainerType(annotations: [typeKey: "pod"]) }
                == "can't tell the type of the container: annotation 'io.kubernetes.cri.container-type' is 'pod'; "
                + "it is 'sandbox' or 'container'")
        #expect(
            message { _ = try ContainerType(annotations: [typeKey: "container"]) }
                .contains("'io.kubernetes.cri.sandbox-id' is missing"))
        #expect(
            message { _ = try ContainerType(annotations: [typeKey: "container", sandboxKey: "../../etc"]) }
                .contains("can't use '../../etc' as a sandbox id"))
        #expect(
            message {
                _ = try ContainerType(annotations: [
                    typeKey: "sandbox", otherTypeKey: "container", otherSandboxKey: "s",
                ])
            }
            .contains("contradict one another"))
    }
}
