import CDI
import KubeletProtocol
import SwiftProtobuf
import Testing

@testable import PodResources

@Suite struct PodDevicesTests {
    private func pod(resource: String, ids: [String]) -> KubeletPodResources {
        .with { pod in
            pod.containers = [
                .with { container in
                    container.devices = [
                        .with {
                            $0.resourceName = resource
                            $0.deviceIds = ids
                        }
                    ]
                }
            ]
        }
    }

    @Test func asManyAsTheLimitAreTaken() throws {
        let ids = (0..<PodDevices.most).map(String.init)
        #expect(try PodDevices.names(pod(resource: "a/b", ids: ids + ids)).count == PodDevices.most)
        #expect(throws: PeerFailure("it names more than 1024 devices")) {
            try PodDevices.names(pod(resource: "a/b", ids: ids + ["x"]))
        }
    }

    @Test(arguments: ["", "a", "a/b/c", "a/b=c", "-a/b", String(repeating: "a", count: 2000) + "/b"])
    func resourceThatIsNoKindIsRefused(_ resource: String) {
        let error = #expect(throws: PeerFailure.self) {
            try PodDevices.names(pod(resource: resource, ids: ["0", "="]))
        }
        #expect((error?.reason.utf8.count ?? 0) < 400)
    }
}
