import NIOCore
import NIOPosix
import SwiftProtobuf
import Testing

@testable import TTRPC

@Suite(.timeLimit(.minutes(1))) struct TTRPCClientTests {
    private func client(_ server: TTRPCServer = Echo.server()) async throws -> TTRPCClient {
        try await InProcessTransport.connect(to: server, eventLoop: testLoop())
    }

    @Test func aCallReturnsItsResponse() async throws {
        let client = try await client()
        let response: Text = try await client.call(service: Echo.name, method: "Echo", Text("hello"))
        #expect(response.value == "hello")
        await client.close()
    }

    @Test func anEmptyMessageGoesBothWays() async throws {
        let client = try await client()
        let response: Text = try await client.call(service: Echo.name, method: "Echo", Text())
        #expect(response.value.isEmpty)
        await client.close()
    }
}
