import AgentProtocol
import ContainerdProtocol
import NIOPosix
import SwiftProtobuf
import TTRPC
import Testing

/// Calls through a generated client to a generated service, over a real connection in this process.
@Suite struct StubTests {
    /// Answers with what it was asked, so that a mixed-up method or message shows.
    struct Echo: TaskService {
        func create(_ request: CreateTaskRequest, _ context: CallContext) async throws -> CreateTaskResponse {
            guard request.id != "taken" else {
                throw TTRPCError(.alreadyExists, "can't create 'taken': it is there")
            }
            var response = CreateTaskResponse()
            response.pid = UInt32(request.bundle.utf8.count)
            return response
        }

        func connect(_ request: ConnectRequest, _ context: CallContext) async throws -> ConnectResponse {
            var response = ConnectResponse()
            response.version = "\(context.service)/\(context.method) \(context.metadata["who"])"
            return response
        }

        func kill(_ request: KillRequest, _ context: CallContext) async throws -> Google_Protobuf_Empty {
            Google_Protobuf_Empty()
        }
    }

    struct Streams: StreamingService {
        func stream(
            _ requests: MessageStream<Google_Protobuf_Any>, _ responses: MessageWriter<Google_Protobuf_Any>,
            _ context: CallContext
        ) async throws {
            for try await request in requests { try await responses.send(request) }
        }
    }

    static let versions = ["containerd.task.v2.Task", "containerd.task.v3.Task"]

    /// Runs `body` with a client of a server that serves both versions of the task service.
    private func withClient(_ body: (TTRPCClient) async throws -> Void) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let server = TTRPCServer(
            services: Self.versions.map { Echo().description(named: $0) } + [Streams().description()])
        let client = try await InProcessTransport.connect(to: server, eventLoop: loop)
        let result: Result<Void, any Error>
        do { result = .success(try await body(client)) } catch { result = .failure(error) }
        await client.close()
        await server.shutdown(grace: .seconds(1))
        try result.get()
    }

    @Test(arguments: versions)
    func bothVersionsAnswer(_ version: String) async throws {
        try await withClient { client in
            let task = TaskClient(client, service: version)
            var request = CreateTaskRequest()
            request.bundle = "seven77"
            #expect(try await task.create(request, timeout: .seconds(10)).pid == 7)
            let connected = try await task.connect(ConnectRequest(), metadata: ["who": "me"])
            #expect(connected.version == "\(version)/Connect [\"me\"]")
            #expect(try await task.kill(KillRequest()) == Google_Protobuf_Empty())
        }
    }

    @Test func errorsKeepTheirCode() async throws {
        try await withClient { client in
            let task = TaskClient(client)
            var request = CreateTaskRequest()
            request.id = "taken"
            let refused = await #expect(throws: TTRPCError.self) { try await task.create(request) }
            #expect(refused?.code == .alreadyExists)
            #expect(refused?.message == "can't create 'taken': it is there")
            let missing = await #expect(throws: TTRPCError.self) { try await task.pause(PauseRequest()) }
            #expect(missing?.code == .unimplemented)
        }
    }

    @Test func aServiceThatIsNotThere() async throws {
        try await withClient { client in
            let error = await #expect(throws: TTRPCError.self) {
                try await HealthClient(client).check(AgentCheckRequest())
            }
            #expect(error?.code == .unimplemented)
        }
    }

    @Test func aStreamCarriesMessagesBothWays() async throws {
        try await withClient { client in
            let call = try await StreamingClient(client).stream()
            var answers = call.responses.makeAsyncIterator()
            for url in ["a", "b"] {
                var message = Google_Protobuf_Any()
                message.typeURL = url
                try await call.requests.send(message)
                #expect(try await answers.next()?.typeURL == url)
            }
            try await call.finishRequests()
            #expect(try await answers.next() == nil)
        }
    }
}
