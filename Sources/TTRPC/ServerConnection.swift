import NIOCore

/// One connection of a server: takes requests, runs handlers, sends answers.
///
/// Everything here runs on the connection's event loop.
final class ServerConnection: FrameReceiver {
    let number: UInt64
    let server: TTRPCServer
    let eventLoop: any EventLoop
    private let executor: any TaskExecutor
    private let limits: TTRPCLimits
    private let budget: StreamBudget
    private var transportIfOpen: FrameTransport?

    private var calls: [UInt32: ServerCall] = [:]
    private var lingering = LingeringStreams()
    private var lastStreamID: UInt32 = 0
    private var requestBytes = 0
    private var drainTimer: Scheduled<Void>?
    private var isDraining = false

    init(number: UInt64, server: TTRPCServer, eventLoop: any EventLoop) {
        self.number = number
        self.server = server
        self.eventLoop = eventLoop
        limits = server.limits
        executor = server.executor ?? EventLoopTaskExecutor(eventLoop)
        budget = StreamBudget(eventLoop: eventLoop, limits: limits)
    }

    /// The handler for the channel's pipeline.
    func makeTransport() -> FrameTransport {
        let transport = FrameTransport(
            receiver: self,
            maximumFrameLength: min(limits.maximumFrameLength, max(0, limits.maximumReceivedFrameLength)),
            pausesWhenUnwritable: true)
        budget.setPaused = { [weak transport] in transport?.isHeldByStreams = $0 }
        transportIfOpen = transport
        return transport
    }

    // MARK: Frames

    func received(_ frame: Frame) throws(ProtocolViolation) {
        guard frame.streamID % 2 == 1 else {
            throw ProtocolViolation("a frame of stream \(frame.streamID): a client's are odd")
        }
        switch frame.kind {
        case .request: try receivedRequest(frame)
        case .data: try receivedData(frame)
        case .response: throw ProtocolViolation("a response, which only servers send")
        }
    }

    private func receivedRequest(_ frame: Frame) throws(ProtocolViolation) {
        guard frame.streamID > lastStreamID else {
            throw ProtocolViolation("stream \(frame.streamID) after stream \(lastStreamID)")
        }
        guard !frame.flags.isSuperset(of: [.remoteClosed, .remoteOpen]) else {
            throw ProtocolViolation("a request both open and closed")
        }
        lastStreamID = frame.streamID
        let (envelope, payload) = try RequestEnvelope.decode(
            frame.body, maximumEntries: limits.maximumEnvelopeEntries)
        do throws(TTRPCError) {
            let method = try admit(envelope, frame)
            start(method, envelope, payload, frame)
        } catch {
            if frame.flags.contains(.remoteOpen) { lingering.insert(frame.streamID) }
            send(.failure(error), streamID: frame.streamID)
        }
    }

    private func admit(_ envelope: RequestEnvelope, _ frame: Frame) throws(TTRPCError) -> Method {
        let name = "\(envelope.service)/\(envelope.method)"
        guard !isDraining else {
            throw TTRPCError(.unavailable, "can't call \(name): the server is shutting down")
        }
        guard calls.count < limits.maximumConcurrentStreams else {
            throw TTRPCError(
                .resourceExhausted, "can't call \(name): \(calls.count) calls are running already")
        }
        guard requestBytes + frame.body.readableBytes <= limits.maximumRequestBytesInFlight else {
            throw TTRPCError(
                .resourceExhausted, "can't call \(name): calls with \(requestBytes) bytes are running already"
            )
        }
        guard let method = server.services[envelope.service]?.methods[envelope.method] else {
            throw TTRPCError(.unimplemented, "can't call \(name): there is no such method")
        }
        if case .unary = method.kind, frame.flags.contains(.remoteOpen) {
            throw TTRPCError(.invalidArgument, "can't stream to \(name): it takes one request")
        }
        return method
    }

    private func receivedData(_ frame: Frame) throws(ProtocolViolation) {
        let isLast = frame.flags.contains(.remoteClosed)
        if frame.flags.contains(.noData), frame.body.readableBytes > 0 {
            throw ProtocolViolation("data in a frame that says it has none")
        }
        guard let call = calls[frame.streamID] else {
            // Sent before the client knew that the stream has ended.
            guard lingering.contains(frame.streamID) else {
                throw ProtocolViolation("data of stream \(frame.streamID), which is not open")
            }
            if isLast { lingering.remove(frame.streamID) }
            return
        }
        guard call.isRemoteOpen else {
            throw ProtocolViolation("data of stream \(frame.streamID) after its end")
        }
        if !frame.flags.contains(.noData) { call.inbound?.deliver(frame.body) }
        if isLast {
            call.isRemoteOpen = false
            call.inbound?.finish(.success(()))
        }
    }

    // MARK: Handlers

    private func start(
        _ method: Method, _ envelope: RequestEnvelope, _ payload: ByteBuffer?, _ frame: Frame
    ) {
        guard let transport = transportIfOpen else { return }
        let call = ServerCall(
            streamID: frame.streamID, requestBytes: frame.body.readableBytes,
            isRemoteOpen: frame.flags.contains(.remoteOpen))
        calls[call.streamID] = call
        requestBytes += call.requestBytes
        let context = makeContext(envelope, call)
        server.callsChanged(by: 1)
        server.hooks.callReceived?(envelope.service, envelope.method)
        switch method.kind {
        case .unary(let handler):
            let body = payload ?? ByteBuffer()
            run(call) { .response(try await handler(body, context)) }
        case .streaming(_, let handler):
            let inbound = InboundStream(budget: budget, eventLoop: eventLoop)
            let outbound = OutboundStream(
                streamID: call.streamID, transport: transport, eventLoop: eventLoop,
                limit: limits.maximumFrameLength)
            inbound.onStall = { [weak call] in call?.cancel($0) }
            call.inbound = inbound
            call.outbound = outbound
            // With an open stream an absent payload is no message; otherwise it is an empty one.
            if payload != nil || !call.isRemoteOpen { inbound.deliver(payload ?? ByteBuffer()) }
            if !call.isRemoteOpen { inbound.finish(.success(())) }
            run(call) { try await handler(inbound, outbound, context).map { .response($0) } ?? .endOfData }
        }
    }

    private func makeContext(_ envelope: RequestEnvelope, _ call: ServerCall) -> CallContext {
        var timeout: Duration?
        var deadline: NIODeadline?
        if envelope.timeoutNanoseconds > 0 {
            let end = NIODeadline.now() + .nanoseconds(envelope.timeoutNanoseconds)
            timeout = .nanoseconds(envelope.timeoutNanoseconds)
            deadline = end
            call.deadline = eventLoop.assumeIsolated().scheduleTask(deadline: end) { [weak call] in
                call?.cancel(TTRPCError(.deadlineExceeded, "the call took longer than its caller allows"))
            }
        }
        return CallContext(
            service: envelope.service, method: envelope.method, metadata: envelope.metadata, timeout: timeout,
            deadline: deadline, peer: CallContext.Peer(connection: number))
    }

    private func run(_ call: ServerCall, _ handler: @escaping @Sendable () async throws -> ServerOutcome) {
        let bound = NIOLoopBound((self, call), eventLoop: eventLoop)
        let eventLoop = eventLoop
        let status = server.hooks.status
        call.task = Task(executorPreference: executor) {
            let outcome: ServerOutcome
            do {
                outcome = try await handler()
            } catch let error as TTRPCError {
                outcome = .failure(error)
            } catch is CancellationError {
                outcome = .failure(TTRPCError(.cancelled, "the call was cancelled"))
            } catch {
                outcome = .failure(status(error))
            }
            eventLoop.runNow {
                let (connection, call) = bound.value
                connection.finish(call, outcome)
            }
        }
    }

    private func finish(_ call: ServerCall, _ outcome: ServerOutcome) {
        call.close()
        if calls.removeValue(forKey: call.streamID) != nil {
            requestBytes -= call.requestBytes
            if call.isRemoteOpen { lingering.insert(call.streamID) }
            if case .failure = outcome, let verdict = call.verdict {
                send(.failure(verdict), streamID: call.streamID)
            } else {
                send(outcome, streamID: call.streamID)
            }
        }
        server.callsChanged(by: -1)
        closeIfDrained()
    }

    private func send(_ outcome: ServerOutcome, streamID: UInt32) {
        transportIfOpen?.whenReady { [self] isReady in
            guard isReady, let transport = transportIfOpen else { return }
            let limit = limits.maximumFrameLength
            switch outcome {
            case .response(var payload):
                transport.write(ResponseEnvelope.frame(&payload, streamID: streamID, limit: limit))
            case .endOfData: transport.write(OutboundStream.lastFrame(streamID: streamID))
            case .failure(let error):
                transport.write(ResponseEnvelope.frame(error, streamID: streamID, limit: limit))
            }
        }
    }

    // MARK: The end

    /// Refuses new requests and closes the connection when the last call is answered, or after
    /// `grace`.
    func drain(grace: TimeAmount) {
        guard !isDraining, transportIfOpen != nil else { return }
        isDraining = true
        drainTimer = eventLoop.assumeIsolated().scheduleTask(in: grace) { [weak self] in
            self?.transportIfOpen?.close(.serverShutDown)
        }
        closeIfDrained()
    }

    private func closeIfDrained() {
        guard isDraining, calls.isEmpty else { return }
        // Behind the answers that wait for the socket.
        transportIfOpen?.whenReady { [weak self] isReady in
            if isReady { self?.transportIfOpen?.closeWhenSent(.serverShutDown) }
        }
    }

    func connectionClosed(_ reason: TTRPCError) {
        transportIfOpen = nil
        drainTimer?.cancel()
        let calls = calls
        self.calls = [:]
        for call in calls.values {
            call.cancel(reason)
            call.close()
        }
        budget.invalidate()
        server.connectionClosed(number, reason)
    }
}

extension TTRPCError {
    static let serverShutDown = TTRPCError(.unavailable, "the server has shut down")
}
