import Testing

@testable import ShimService

@Suite struct StartAnswerTests {
    private func answer(
        maximum: Bool, bootstrap: Bool = false, sandbox: Bool = false, forced: Int? = nil
    ) -> StartAnswer {
        StartAnswer(
            to: .init(
                setsMaximumVersion: maximum, sentBootstrapParameters: bootstrap, usesSandboxBundle: sandbox,
                forcedVersion: forced), address: "unix:///run/containerd/s/x")
    }

    @Test func containerd16ReadsTheAddress() {
        #expect(answer(maximum: false).text == "unix:///run/containerd/s/x")
    }

    @Test func containerd17ReadsVersion2() {
        let expected = #"{"version":2,"address":"unix:///run/containerd/s/x","protocol":"ttrpc"}"#
        #expect(answer(maximum: true).text == expected)
    }

    @Test func newerCallersGetVersion3() {
        let expected = #"{"version":3,"address":"unix:///run/containerd/s/x","protocol":"ttrpc"}"#
        #expect(answer(maximum: true, bootstrap: true).text == expected)
        #expect(answer(maximum: true, sandbox: true).text == expected)
    }

    @Test func theConfigurationHasTheLastWord() {
        #expect(answer(maximum: true, forced: 3).version == 3)
        #expect(answer(maximum: true, bootstrap: true, forced: 2).version == 2)
    }
}
