import FuzzSupport
import NIOCore
import NIOEmbedded
import OCI

@testable import AgentClient
@testable import TTRPC

/// What a hostile guest answers to each call of the host, and what the host makes of it.
///
/// First byte: the call; second: 0 for the message of an answer, else a whole stream of frames.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzAgentReplies(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = FuzzInput(start, count)
    let choice = input.byte()
    let isMessage = input.byte() == 0
    let bytes = input.bytes()
    let channel = EmbeddedChannel()
    guard let client = try? TTRPCClient(attachingTo: channel, limits: TTRPCLimits()) else { return 0 }
    let agent = GuestAgent(client)
    Task(executorPreference: EventLoopTaskExecutor(channel.eventLoop)) { try await call(agent, choice) }
    channel.embeddedEventLoop.run()
    if isMessage {
        var payload = PayloadBuffer(bytes)
        let frame = ResponseEnvelope.frame(&payload, streamID: 1, limit: 1 << 22)
        _ = try? channel.writeInbound(frame)
    } else {
        _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
    }
    channel.embeddedEventLoop.run()
    _ = try? channel.finish(acceptAlreadyClosed: true)
    channel.embeddedEventLoop.run()
    return 0
}

private func call(_ agent: GuestAgent, _ choice: UInt8) async throws {
    let container = try ContainerID(parsing: "c")
    let process = GuestProcessID(container: container, process: "p")
    switch choice {
    case 0: _ = try await agent.wait(process)
    case 1: _ = try await agent.read(.stdout, of: process)
    case 2: _ = try await agent.write(ByteBuffer(string: "x"), toStdinOf: process)
    case 3: try await agent.start(container)
    default: try await agent.createSandbox("s", hostname: "h", shareTag: "t")
    }
}
