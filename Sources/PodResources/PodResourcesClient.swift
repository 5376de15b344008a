import CDI
import Glibc
import KubeletProtocol
package import LoopSupport
import NIOCore
import RuntimeErrors
import SwiftProtobuf

/// Asks the kubelet for the devices it gave to a pod: its PodResources API, version 1, on a Unix socket.
package struct PodResourcesClient: Sendable {
    /// Of an answer, in bytes; the kubelet's own client takes as much.
    static let maximumAnswer = 16 << 20
    private static let service = "/v1.PodResourcesLister/"
    /// What a kubelet from 1.27 answers where its feature gate KubeletPodResourcesGet is off, with status UNKNOWN.
    private static let getIsOff = "PodResources API Get method disabled"

    private let socket: String
    private let loop: MainLoop
    private let deadline: Duration

    /// A client; it connects anew for each question.
    ///
    /// - Parameters:
    ///   - socket: the path of the kubelet's socket.
    ///   - deadline: of a question, from connecting to the last answer.
    package init(socket: String, loop: MainLoop, deadline: Duration = .seconds(10)) {
        self.socket = socket
        self.loop = loop
        self.deadline = deadline
    }

    /// The devices of a pod; asks with `Get`, and with `List` where the kubelet does not have that.
    ///
    /// - Throws: `deadlineExceeded` when the kubelet is silent, `failedPrecondition` with its text when it refuses or
    ///   does not know the pod, `unavailable` when it does not keep to the protocol.
    package func devices(of pod: PodIdentity) async throws -> PodDevices {
        let what =
            "learn the devices of pod '\(pod.namespace)/\(pod.name)' from the kubelet at '\(socket)'"
        return try await loop.withDeadline(deadline, what) {
            do {
                return try await ask(pod)
            } catch let refusal as Refusal {
                throw RuntimeError(
                    .failedPrecondition, "can't \(what): \(refusal.reason); see the kubelet's log")
            } catch let failure as PeerFailure {
                throw RuntimeError(
                    .unavailable, "can't \(what): \(failure); check pod_resource_api_sock and the kubelet")
            }
        }
    }

    private func ask(_ pod: PodIdentity) async throws -> PodDevices {
        let connection: GRPCConnection
        do {
            connection = try await GRPCConnection.open(socket, on: loop)
        } catch let error as IOError where [ENOENT, ECONNREFUSED].contains(error.errnoCode) {
            let why = error.errnoCode == ENOENT ? "there is no such socket" : "nobody listens there"
            return .nobodyListens("can't ask the kubelet at '\(socket)' for the devices of a pod: \(why)")
        } catch {
            throw PeerFailure("can't connect: \(error)")
        }
        defer { connection.close() }
        let found = try await find(pod, on: connection)
        return .listed(try PodDevices.names(found))
    }

    private func find(_ pod: PodIdentity, on connection: GRPCConnection) async throws -> KubeletPodResources {
        var request = KubeletGetPodResourcesRequest()
        request.podName = pod.name
        request.podNamespace = pod.namespace
        switch try await call("Get", request, on: connection) {
        case .refusal(let status) where Self.saysNoGet(status): break
        case .refusal(let status): throw Refusal(reason: "it answered \(status)")
        case .message(let bytes):
            let found: KubeletGetPodResourcesResponse = try Self.decode(bytes)
            return try Self.only(found.hasPodResources ? [found.podResources] : [], pod)
        }
        switch try await call("List", KubeletListPodResourcesRequest(), on: connection) {
        case .refusal(let status): throw Refusal(reason: "it answered \(status)")
        case .message(let bytes):
            let all: KubeletListPodResourcesResponse = try Self.decode(bytes)
            return try Self.only(all.podResources, pod)
        }
    }

    private func call(
        _ method: String, _ request: some Message, on connection: GRPCConnection
    ) async throws -> CallAnswer {
        try await connection.call(
            Self.service + method, request.serializedBytes(), maximumLength: Self.maximumAnswer)
    }

    private static func saysNoGet(_ status: CallStatus) -> Bool {
        status.code == RuntimeError.Code.unimplemented.rawValue
            || (status.code == RuntimeError.Code.unknown.rawValue && status.message == getIsOff)
    }

    private static func decode<M: Message>(_ bytes: [UInt8]) throws(PeerFailure) -> M {
        do {
            return try M(serializedBytes: bytes)
        } catch {
            throw PeerFailure("its answer is no \(M.protoMessageName)")
        }
    }

    /// The pod's own entry. Of two with the same name one is a pod that has ended, nobody can say which: a kubelet
    /// that tries again later knows one only.
    private static func only(_ pods: [KubeletPodResources], _ pod: PodIdentity) throws -> KubeletPodResources
    {
        let matching = pods.filter { $0.name == pod.name && $0.namespace == pod.namespace }
        guard let first = matching.first else { throw Refusal(reason: "it does not know the pod") }
        guard matching.count == 1 else {
            throw Refusal(reason: "it knows \(matching.count) pods of that name")
        }
        return first
    }

    /// A kubelet that keeps to the protocol and says no.
    private struct Refusal: Error {
        let reason: String
    }
}
