import PodResources
import Testing

@Suite struct PodIdentityTests {
    @Test func bothDialectsAreRead() {
        let cri = ["io.kubernetes.cri.sandbox-name": "p", "io.kubernetes.cri.sandbox-namespace": "n"]
        let crio = ["io.kubernetes.cri-o.KubeName": "p", "io.kubernetes.cri-o.Namespace": "n"]
        #expect(PodIdentity(annotations: cri) == PodIdentity(name: "p", namespace: "n"))
        #expect(PodIdentity(annotations: crio) == PodIdentity(name: "p", namespace: "n"))
        #expect(PodIdentity(annotations: ["io.kubernetes.cri.sandbox-name": "p"]) == nil)
    }
}
