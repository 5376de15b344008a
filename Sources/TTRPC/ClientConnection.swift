import NIOCore

/// The client's end of a connection: numbers streams, matches answers to calls.
///
/// Everything here runs on the connection's event loop.
final class ClientConnection: FrameReceiver {
    private let eventLoop: any EventLoop
    private let limits: TTRPCLimits
    private let budget: StreamBudget
    private var transportIfOpen: FrameTransport?
    private var entries: [UInt32: Entry] = [:]
    private var abandonedCount = 0
    private var queuedCount = 0
    private var nextStreamID: UInt32? = 1
    private var closeReason: TTRPCError?
    private var observers: [@Sendable (TTRPCError) -> Void] = []

    /// A stream that the server has not ended.
    private enum Entry {
        case unary(LoopWaiter<ByteBuffer>, deadline: Scheduled<Void>?)
        case stream(ClientStream)
        /// Given up here; its answer is dropped when it comes.
        case abandoned
    }

    init(eventLoop: any EventLoop, limits: TTRPCLimits) {
        self.eventLoop = eventLoop
        self.limits = limits
        budget = StreamBudget(eventLoop: eventLoop, limits: limits)
    }

    /// The handler for the channel's pipeline.
    func makeTransport() -> FrameTransport {
        let transport = FrameTransport(
            receiver: self,
            maximumFrameLength: min(limits.maximumFrameLength, max(0, limits.maximumReceivedFrameLength)),
            pausesWhenUnwritable: false)
        budget.setPaused = { [weak transport] in transport?.isHeldByStreams = $0 }
        transportIfOpen = transport
        return transport
    }

    // MARK: Calls

    /// Sends a unary request; the waiter gets the serialized response.
    func call(_ request: ClientRequest, _ waiter: LoopWaiter<ByteBuffer>) {
        var streamID: UInt32?
        let deadline = scheduleDeadline(request) { [weak self] error in
            waiter.resume(with: .failure(error))
            self?.abandon(streamID)
        }
        waiter.onCancel = { [weak self] in
            deadline?.cancel()
            self?.abandon(streamID)
        }
        submit(request, flags: [], isWanted: { !waiter.isDone }) { [self] result in
            switch result {
            case .success(let id):
                streamID = id
                entries[id] = .unary(waiter, deadline: deadline)
            case .failure(let error):
                deadline?.cancel()
                waiter.resume(with: .failure(error))
            }
        }
    }

    /// Opens a stream; the waiter gets its two halves.
    func open(_ request: ClientRequest, flags: Frame.Flags, _ waiter: LoopWaiter<ClientStream>) {
        var opened: ClientStream?
        let deadline = scheduleDeadline(request) { [weak self] error in
            waiter.resume(with: .failure(error))
            if let opened { self?.end(opened, error) }
        }
        waiter.onCancel = { deadline?.cancel() }
        submit(request, flags: flags, isWanted: { !waiter.isDone }) { [self] result in
            switch result {
            case .success(let id):
                let stream = makeStream(id, request, flags, deadline)
                opened = stream
                entries[id] = .stream(stream)
                waiter.resume(with: .success(stream))
            case .failure(let error):
                deadline?.cancel()
                waiter.resume(with: .failure(error))
            }
        }
    }

    private func makeStream(
        _ id: UInt32, _ request: ClientRequest, _ flags: Frame.Flags, _ deadline: Scheduled<Void>?
    ) -> ClientStream {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let eventLoop = eventLoop
        let inbound = InboundStream(budget: budget, eventLoop: eventLoop) { error in
            eventLoop.runNow { bound.value.close(error) }
        }
        let outbound = transportIfOpen.map {
            OutboundStream(
                streamID: id, transport: $0, eventLoop: eventLoop, limit: limits.maximumFrameLength)
        }
        let stream = ClientStream(
            id: id, inbound: inbound, outbound: outbound, isSingle: request.expectsOneResponse,
            deadline: deadline)
        if !flags.contains(.remoteOpen) { outbound?.close(.requestsFinished) }
        inbound.onStall = { [weak self, weak stream] error in
            if let stream { self?.end(stream, error) }
        }
        return stream
    }

    private func scheduleDeadline(
        _ request: ClientRequest, _ body: @escaping (TTRPCError) -> Void
    ) -> Scheduled<Void>? {
        request.timeout.map { timeout in
            eventLoop.assumeIsolated().scheduleTask(in: timeout) {
                body(
                    TTRPCError(
                        .deadlineExceeded, "\(request.name) did not answer within \(timeout.seconds) s"))
            }
        }
    }

    /// Writes a request as soon as the socket takes it, under the next stream id.
    private func submit(
        _ request: ClientRequest, flags: Frame.Flags, isWanted: @escaping () -> Bool,
        _ done: @escaping (Result<UInt32, TTRPCError>) -> Void
    ) {
        if let closeReason { return done(.failure(closeReason)) }
        guard entries.count - abandonedCount + queuedCount < limits.maximumConcurrentStreams else {
            let reason = "can't call \(request.name): \(limits.maximumConcurrentStreams) calls are under way"
            return done(.failure(TTRPCError(.resourceExhausted, reason)))
        }
        queuedCount += 1
        transportIfOpen?.whenReady { [self] isReady in
            queuedCount -= 1
            guard isWanted() else { return }
            guard isReady, let transport = transportIfOpen else {
                return done(.failure(closeReason ?? .connectionClosed))
            }
            done(transmit(request, flags, transport))
        }
    }

    private func transmit(
        _ request: ClientRequest, _ flags: Frame.Flags, _ transport: FrameTransport
    ) -> Result<UInt32, TTRPCError> {
        guard let id = nextStreamID else {
            let error = TTRPCError(.unavailable, "the connection was closed: it has used up its stream ids")
            close(error)
            return .failure(error)
        }
        do throws(TTRPCError) {
            var payload = request.payload
            request.releasePayload()
            let frame = try request.envelope.frame(
                &payload, streamID: id, flags: flags, limit: limits.maximumFrameLength)
            let (next, overflow) = id.addingReportingOverflow(2)
            nextStreamID = overflow ? nil : next
            transport.write(frame)
            return .success(id)
        } catch {
            return .failure(error)
        }
    }

    // MARK: Giving up

    /// Forgets a unary call whose caller is gone, but for the answer that is owed.
    private func abandon(_ id: UInt32?) {
        guard let id, case .unary? = entries[id] else { return }
        markAbandoned(id)
    }

    /// Ends a stream from this side.
    func end(_ stream: ClientStream, _ error: TTRPCError) {
        guard case .stream? = entries[stream.id] else { return }
        // All that ttrpc can say to the server is that no more data comes.
        if stream.outbound?.isOpen == true {
            transportIfOpen?.write(OutboundStream.lastFrame(streamID: stream.id))
        }
        stream.close(.failure(error), droppingQueue: true)
        markAbandoned(stream.id)
    }

    private func markAbandoned(_ id: UInt32) {
        entries[id] = .abandoned
        abandonedCount += 1
        guard abandonedCount > limits.maximumConcurrentStreams else { return }
        close(
            TTRPCError(.unavailable, "the connection was closed: the peer owes \(abandonedCount) answers"))
    }

    // MARK: Frames

    func received(_ frame: Frame) throws(ProtocolViolation) {
        guard let entry = entries[frame.streamID] else {
            throw ProtocolViolation("a frame of stream \(frame.streamID), which is not open")
        }
        switch frame.kind {
        case .request: throw ProtocolViolation("a request, which only clients send")
        case .response: try receivedResponse(frame, entry)
        case .data: try receivedData(frame, entry)
        }
    }

    private func receivedResponse(_ frame: Frame, _ entry: Entry) throws(ProtocolViolation) {
        if case .abandoned = entry { return forget(frame.streamID) }
        let result = try ResponseEnvelope.decode(frame.body, maximumEntries: limits.maximumEnvelopeEntries)
        entries[frame.streamID] = nil
        switch entry {
        case .unary(let waiter, let deadline):
            deadline?.cancel()
            waiter.resume(with: result)
        case .stream(let stream):
            if case .success(let payload) = result, stream.isSingle || payload.readableBytes > 0 {
                stream.inbound.deliver(payload)
            }
            stream.close(result.map { _ in })
        case .abandoned: break
        }
    }

    private func receivedData(_ frame: Frame, _ entry: Entry) throws(ProtocolViolation) {
        let isLast = frame.flags.contains(.remoteClosed)
        if frame.flags.contains(.noData), frame.body.readableBytes > 0 {
            throw ProtocolViolation("data in a frame that says it has none")
        }
        switch entry {
        case .unary: throw ProtocolViolation("data of stream \(frame.streamID), which takes one response")
        case .abandoned: if isLast { forget(frame.streamID) }
        case .stream(let stream):
            if !frame.flags.contains(.noData) { stream.inbound.deliver(frame.body) }
            guard isLast else { return }
            entries[frame.streamID] = nil
            stream.close(.success(()))
        }
    }

    private func forget(_ id: UInt32) {
        entries[id] = nil
        abandonedCount -= 1
    }

    // MARK: The end

    /// Closes the connection; all calls end with `reason`.
    func close(_ reason: TTRPCError) { transportIfOpen?.close(reason) }

    /// Calls `body` when the connection is closed, or now.
    func observeClose(_ body: @escaping @Sendable (TTRPCError) -> Void) {
        if let closeReason { body(closeReason) } else { observers.append(body) }
    }

    func connectionClosed(_ reason: TTRPCError) {
        closeReason = reason
        transportIfOpen = nil
        let entries = entries
        self.entries = [:]
        for entry in entries.values {
            switch entry {
            case .unary(let waiter, let deadline):
                deadline?.cancel()
                waiter.resume(with: .failure(reason))
            case .stream(let stream): stream.close(.failure(reason))
            case .abandoned: break
            }
        }
        budget.invalidate()
        let observers = observers
        self.observers = []
        for observer in observers { observer(reason) }
    }
}

extension TimeAmount {
    /// For messages: seconds, to the millisecond.
    fileprivate var seconds: Double { Double(nanoseconds / 1_000_000) / 1000 }
}
