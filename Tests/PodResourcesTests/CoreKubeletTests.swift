import CDI
import LoopSupport
import PodResources
import RuntimeErrors
import Testing

/// The client against gRPC's own C core on a Unix socket.
@Suite struct CoreKubeletTests {
    private typealias Plan = CoreKubelet.Plan
    private typealias Step = CoreKubelet.Step

    private static let containers = [
        Wire.container(
            "a", devices: [("vendor.com/gpu", ["0", "1"]), ("vendor.com/nic", ["ens1"])],
            claimed: ["k8s.gpu.example/gpu=claimed-0"]),
        Wire.container("b", devices: [("vendor.com/gpu", ["1", "2"])]),
    ]
    private static let names = [
        "vendor.com/gpu=0", "vendor.com/gpu=1", "vendor.com/nic=ens1", "k8s.gpu.example/gpu=claimed-0",
        "vendor.com/gpu=2",
    ]
    private static let pod = Wire.pod("p", "n", containers)
    private static let got = Step.answer(Wire.field(1, pod))
    /// `p` in `n`, as a request and in hexadecimal.
    private static let asked = "Get 0a0170" + "12016e"

    private func ask(_ kubelet: CoreKubelet, within deadline: Duration = .seconds(300)) async throws
        -> PodDevices
    {
        let client = PodResourcesClient(socket: kubelet.socket, loop: testLoop, deadline: deadline)
        return try await testLoop.task {
            try await client.devices(of: PodIdentity(name: "p", namespace: "n"))
        }.value
    }

    private func failure(_ kubelet: CoreKubelet, within deadline: Duration = .seconds(300)) async throws
        -> RuntimeError
    {
        try #require(
            await #expect(throws: RuntimeError.self) { _ = try await ask(kubelet, within: deadline) })
    }

    private func expectNames(_ found: PodDevices) throws {
        guard case .listed(let devices) = found else {
            Issue.record("\(found)")
            return
        }
        #expect(devices.map(\.description) == Self.names)
    }

    /// However much the server would like to compress: this client says of no kind that it takes it.
    @Test(arguments: [nil, 1, 2, 3]) func getBringsPluginsAndClaims(_ level: Int?) async throws {
        let plan = Plan(level: level, methods: ["Get": [Self.got]])
        try await CoreKubelet.run(plan) { kubelet in
            for _ in 0..<2 { try expectNames(try await ask(kubelet)) }
            #expect(try kubelet.requests() == [Self.asked, Self.asked])
        }
    }

    /// A server that does not ask what it may: deflate and gzip.
    @Test(arguments: [1, 2]) func whatIsCompressedUnaskedIsRefused(_ algorithm: Int) async throws {
        let plan = Plan(algorithm: algorithm, methods: ["Get": [Self.got]])
        try await CoreKubelet.run(plan) { kubelet in
            let error = try await failure(kubelet)
            #expect(error.code == .unavailable)
            #expect(error.message.contains("it sent a message that is compressed"), "\(error)")
        }
    }

    @Test func manyAskAtOnce() async throws {
        try await CoreKubelet.run(Plan(methods: ["Get": [Self.got]])) { kubelet in
            try await withThrowingTaskGroup { group in
                for _ in 0..<16 { group.addTask { try await ask(kubelet) } }
                for try await found in group { try expectNames(found) }
            }
            #expect(try kubelet.requests().count == 16)
        }
    }

    /// A kubelet that has no Get, and one whose feature gate is off.
    private static let withoutGet: [[Step]] = [
        [], [.status(12, "")], [.status(2, "PodResources API Get method disabled")],
    ]

    @Test(arguments: withoutGet.indices) func withoutGetTheListIsAsked(_ index: Int) async throws {
        let others = [Wire.pod("p", "other", []), Wire.pod("q", "n", Self.containers)]
        let list = (others + [Self.pod]).flatMap { Wire.field(1, $0) }
        var plan = Plan(methods: ["List": [.answer(list)]])
        if !Self.withoutGet[index].isEmpty { plan.methods["Get"] = Self.withoutGet[index] }
        try await CoreKubelet.run(plan) { kubelet in
            try expectNames(try await ask(kubelet))
            #expect(try kubelet.requests().last == "List ")
        }
    }

    /// Many times what either side's windows hold.
    @Test func megabytesCome() async throws {
        let other = Wire.field(
            1, Wire.pod("q", "n", Array(repeating: Self.containers, count: 32).flatMap { $0 }))
        let count = (4 << 20) / other.count
        let list = Array(repeatElement(other, count: count).joined()) + Wire.field(1, Self.pod)
        #expect(list.count > 4_000_000)
        try await CoreKubelet.run(Plan(methods: ["List": [.answer(list)]])) { kubelet in
            try expectNames(try await ask(kubelet))
        }
    }

    @Test func moreThanTheLimitIsRefused() async throws {
        let most = 16 << 20
        // As much as is taken, and a byte more; a field of the padding has five bytes before its content.
        for excess in [0, 1] {
            let padding = Wire.field(15, [UInt8](repeating: 0x61, count: most - 5 - 4096 + excess))
            let fill = Wire.field(
                14, [UInt8](repeating: 0x61, count: 4096 - Wire.field(1, Self.pod).count - 3))
            let message = Wire.field(1, Self.pod) + fill + padding
            #expect(message.count == most + excess)
            try await CoreKubelet.run(Plan(methods: ["Get": [.answer(message)]])) { kubelet in
                guard excess == 1 else { return try expectNames(try await ask(kubelet)) }
                let error = try await failure(kubelet)
                #expect(error.code == .unavailable)
                #expect(error.message.contains("its message has 16777217 bytes, the limit is 16777216"))
            }
        }
    }

    @Test func aRefusalHasTheServersWords() async throws {
        let plan = Plan(methods: ["Get": [.status(5, "no pod \"p\": 100% gone, für immer\n")]])
        try await CoreKubelet.run(plan) { kubelet in
            let error = try await failure(kubelet)
            #expect(error.code == .failedPrecondition)
            #expect(
                error.message.contains(
                    "it answered 'no pod \"p\": 100% gone, für immer ' (status 5, notFound)"),
                "\(error)")
            // No Get: the reason is List's.
            #expect(try kubelet.requests() == [Self.asked])
        }
        try await CoreKubelet.run(Plan(methods: ["List": [.status(16, "")]])) { kubelet in
            let error = try await failure(kubelet)
            #expect(error.message.contains("it answered '' (status 16, unauthenticated)"), "\(error)")
        }
    }

    @Test func whatTakesTooLongDoesNotSpoilTheNextQuestion() async throws {
        var slow = Self.got
        slow.seconds = 600
        try await CoreKubelet.run(Plan(methods: ["Get": [slow, Self.got]])) { kubelet in
            let error = try await failure(kubelet, within: .seconds(1))
            #expect(error.code == .deadlineExceeded)
            try expectNames(try await ask(kubelet))
        }
    }

    @Test(arguments: ["headers", "message"]) func aServerThatIsKilledIsAnError(_ point: String) async throws {
        var step = Self.got
        step.dies = point
        try await CoreKubelet.run(Plan(methods: ["Get": [step]])) { kubelet in
            try expectLoss(try await failure(kubelet))
            // Its socket is there still.
            let next = try await ask(kubelet)
            guard case .nobodyListens(let why) = next else {
                Issue.record("\(next)")
                return
            }
            #expect(why.hasSuffix("nobody listens there"))
        }
    }

    @Test func aServerThatIsKilledInTheMiddleOfAMessageIsAnError() async throws {
        let message = Wire.field(1, Self.pod) + Wire.field(15, [UInt8](repeating: 0x61, count: 8 << 20))
        let plan = Plan(cut: 1 << 20, methods: ["Get": [.answer(message)]])
        try await CoreKubelet.run(plan) { kubelet in
            try expectLoss(try await failure(kubelet))
            #expect(kubelet.hasCut)
        }
    }

    private func expectLoss(_ error: RuntimeError) throws {
        #expect(error.code == .unavailable)
        let reasons = ["it closed the connection", "the connection is lost"]
        #expect(reasons.contains { error.message.contains($0) }, "\(error)")
    }
}
