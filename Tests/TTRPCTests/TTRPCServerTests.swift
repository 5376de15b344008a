import Glibc
import NIOCore
import NIOPosix
import SwiftProtobuf
import Synchronization
import Testing

@testable import TTRPC

@Suite(.timeLimit(.minutes(1))) struct TTRPCServerTests {
    /// A method that says when it has started and waits for the gate, even when it is cancelled.
    private func waiting(_ gate: Gate) -> Method {
        .unary("Wait") { (_: Nothing, _) -> Nothing in
            await gate.wait()
            try Task.checkCancellation()
            return Nothing()
        }
    }

    private func wait(_ client: TTRPCClient) -> Task<Nothing, any Error> {
        Task { try await client.call(service: "test.More", method: "Wait", Nothing()) }
    }

    @Test func handlersRunOnTheLoopOfTheirConnection() async throws {
        let server = Echo.server(adding: [
            .unary("Where") { (_: Nothing, _) in
                await Task.yield()
                return Text(
                    "\(MultiThreadedEventLoopGroup.currentEventLoop.map { ObjectIdentifier($0) } as Any)")
            }
        ])
        let loop = testLoop()
        let client = try await InProcessTransport.connect(to: server, eventLoop: loop)
        let place: Text = try await client.call(service: "test.More", method: "Where", Nothing())
        #expect(place.value == "\(Optional(ObjectIdentifier(loop)) as Any)")
    }

    @Test func handlersRunOnTheExecutorGiven() async throws {
        let loop = testLoop()
        let server = TTRPCServer(
            services: [
                ServiceDescription(
                    name: "s",
                    methods: [
                        .unary("Where") { (_: Nothing, _) in Text(loop.inEventLoop ? "there" : "elsewhere") }
                    ])
            ], executor: EventLoopTaskExecutor(loop))
        let client = try await InProcessTransport.connect(
            to: server, eventLoop: MultiThreadedEventLoopGroup.singleton.next())
        let place: Text = try await client.call(service: "s", method: "Where", Nothing())
        #expect(place.value == "there")
    }

    @Test func thePeerIsJudgedByItsSocket() async throws {
        let uids = Mutex<[uid_t]>([])
        let failures = ErrorBox()
        var hooks = ServerHooks()
        hooks.connectionFailed = { failures.set($0) }
        hooks.admit = { descriptor in
            // pid, uid, gid of struct ucred
            var credentials: (CInt, UInt32, UInt32) = (0, 0, 0)
            var length = socklen_t(MemoryLayout.size(ofValue: credentials))
            guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 else {
                throw TTRPCError(.internal, "no credentials")
            }
            let isFirst = uids.withLock { uids in
                uids.append(credentials.1)
                return uids.count == 1
            }
            if !isFirst { throw TTRPCError(.permissionDenied, "one is enough") }
        }
        let socket = try UnixSocket()
        let server = Echo.server(hooks: hooks)
        let listener = try await server.serve(onListeningSocket: socket.listen(), eventLoop: testLoop())
        let first = try await TTRPCClient.connect(unixPath: socket.path, eventLoop: testLoop())
        let _: Text = try await first.call(service: Echo.name, method: "Echo", Text())
        // The server may have hung up before the client is complete.
        if let second = try? await TTRPCClient.connect(unixPath: socket.path, eventLoop: testLoop()) {
            try await second.closed.get()
        }
        #expect(await eventually { failures.value?.code == .permissionDenied })
        #expect(uids.withLock { $0 } == [getuid(), getuid()])
        #expect(server.activity.connections == 1)
        try await listener.close()
    }

    @Test func activityIsReported() async throws {
        let seen = Mutex<[ServerActivity]>([])
        var hooks = ServerHooks()
        hooks.activityChanged = { activity in seen.withLock { $0.append(activity) } }
        let server = Echo.server(hooks: hooks)
        let client = try await InProcessTransport.connect(to: server, eventLoop: testLoop())
        let _: Text = try await client.call(service: Echo.name, method: "Echo", Text())
        await client.close()
        #expect(await eventually { server.activity.isIdle })
        #expect(
            seen.withLock { $0 } == [
                ServerActivity(connections: 1, calls: 0), ServerActivity(connections: 1, calls: 1),
                ServerActivity(connections: 1, calls: 0), ServerActivity(connections: 0, calls: 0),
            ])
    }

    @Test func errorsOfOtherTypesGoThroughTheHook() async throws {
        struct Odd: Error {}
        var hooks = ServerHooks()
        let method = Method.unary("Odd") { (_: Nothing, _) -> Nothing in throw Odd() }
        for expected in [TTRPCError(.unknown, "Odd()"), TTRPCError(.notFound, "mapped")] {
            if expected.code == .notFound { hooks.status = { _ in TTRPCError(.notFound, "mapped") } }
            let client = try await InProcessTransport.connect(
                to: Echo.server(adding: [method], hooks: hooks), eventLoop: testLoop())
            let error = await #expect(throws: TTRPCError.self) {
                try await client.call(service: "test.More", method: "Odd", Nothing(), as: Nothing.self)
            }
            #expect(error == expected)
        }
    }

    @Test func aResponseThatIsTooLongFailsItsCallAlone() async throws {
        let client = try await InProcessTransport.connect(to: Echo.server(), eventLoop: testLoop())
        let error = await #expect(throws: TTRPCError.self) {
            try await client.call(service: Echo.name, method: "Blob", Number(5 << 20), as: Text.self)
        }
        #expect(error?.code == .resourceExhausted)
        let small: Text = try await client.call(service: Echo.name, method: "Blob", Number(3))
        #expect(small.value == "zzz")
    }

    // MARK: Shutdown

    @Test func shutdownLetsCallsEnd() async throws {
        let gate = Gate()
        let socket = try UnixSocket()
        let server = Echo.server(adding: [waiting(gate)])
        let listener = try await server.serve(onListeningSocket: socket.listen(), eventLoop: testLoop())
        let idle = try await TTRPCClient.connect(unixPath: socket.path, eventLoop: testLoop())
        let busy = try await TTRPCClient.connect(unixPath: socket.path, eventLoop: testLoop())
        let call = wait(busy)
        #expect(await eventually { server.activity == ServerActivity(connections: 2, calls: 1) })
        let shutdown = Task { await server.shutdown(grace: .seconds(30)) }
        try await idle.closed.get()
        try await listener.closeFuture.get()
        let refused = await #expect(throws: TTRPCError.self) {
            try await busy.call(service: Echo.name, method: "Echo", Text(), as: Text.self)
        }
        #expect(refused?.code == .unavailable)
        gate.open()
        _ = try await call.value
        await shutdown.value
        try await busy.closed.get()
        await #expect(throws: TTRPCError.self) {
            try await TTRPCClient.connect(unixPath: socket.path, eventLoop: testLoop())
        }
        #expect(server.activity.isIdle)
    }

    @Test func shutdownCancelsWhatDoesNotEndInTime() async throws {
        let server = Echo.server(adding: [
            .unary("Wait") { (_: Nothing, _) -> Nothing in
                try await Task.sleep(for: .seconds(60))
                return Nothing()
            }
        ])
        let client = try await InProcessTransport.connect(to: server, eventLoop: testLoop())
        let call = wait(client)
        #expect(await eventually { server.activity.calls == 1 })
        await server.shutdown(grace: .milliseconds(30))
        let error = await #expect(throws: TTRPCError.self) { try await call.value }
        #expect(error?.code == .unavailable)
        #expect(await eventually { server.activity.isIdle })
    }

    @Test func nothingIsTakenAfterShutdown() async throws {
        let server = Echo.server()
        await server.shutdown(grace: .zero)
        await server.shutdown(grace: .zero)
        await #expect(throws: TTRPCError.self) {
            try await InProcessTransport.connect(to: server, eventLoop: testLoop())
        }
        let socket = try UnixSocket()
        await #expect(throws: TTRPCError.self) {
            try await server.serve(onListeningSocket: socket.listen(), eventLoop: testLoop())
        }
        await #expect(throws: TTRPCError.self) {
            try await TTRPCClient.connect(unixPath: socket.path, eventLoop: testLoop())
        }
    }

    @Test func everyConnectionHasANumber() async throws {
        let server = Echo.server(adding: [
            .unary("Peer") { (_: Nothing, context) in Number(Int64(context.peer.connection)) }
        ])
        for expected in 1...3 as ClosedRange<Int64> {
            let client = try await InProcessTransport.connect(to: server, eventLoop: testLoop())
            let number: Number = try await client.call(service: "test.More", method: "Peer", Nothing())
            #expect(number.value == expected)
        }
    }
}
