import AgentProtocol
import Foundation
import TTRPC
import Testing

/// What a further process has from its container, and what becomes of it after its end.
@Suite(.enabled(if: TestGuest.isPossible, "needs root"), .timeLimit(.minutes(5))) struct ExecTests {
    private static let script = """
        grep -E 'CapBnd|NoNew' /proc/self/status | tr -d '\\t'; ulimit -n; cat /proc/self/oom_score_adj; umask
        """

    /// Runs the script in a container that has a value of its own for everything.
    private func found(_ change: (inout AgentProcess) -> Void) async throws -> String {
        var text = ""
        try await TestGuest.with { guest in
            var spec = guest.spec(["sleep", "100"])
            spec.process.noNewPrivileges = true
            spec.process.capabilities.bounding = ["CAP_KILL"]
            var limit = AgentPOSIXRlimit()
            (limit.type, limit.soft, limit.hard) = ("RLIMIT_NOFILE", 64, 128)
            spec.process.rlimits = [limit]
            spec.process.oomScoreAdj = 500
            spec.process.user.umask = 0o027
            try await guest.create("c", spec)
            try await guest.start("c")
            var request = AgentExecProcessRequest()
            request.containerID = "c"
            request.execID = "x"
            request.process.args = ["sh", "-c", Self.script]
            request.process.env = ["PATH=/bin"]
            request.process.cwd = "/"
            change(&request.process)
            _ = try await guest.agent.execProcess(request, timeout: .seconds(60))
            text = String(decoding: try await guest.read("c", "x"), as: UTF8.self)
        }
        return text
    }

    @Test func aHostThatSendsOnlyTheCommandGetsTheContainersValues() async throws {
        #expect(try await found { _ in } == "CapBnd:0000000000000020\nNoNewPrivs:1\n64\n500\n0027\n")
    }

    @Test func whatIsSaidToBeZeroIsZero() async throws {
        let text = try await found {
            $0.noNewPrivileges = false
            $0.capabilities = AgentLinuxCapabilities()
            $0.oomScoreAdj = 0
            $0.user.umask = 0
        }
        #expect(text == "CapBnd:0000000000000000\nNoNewPrivs:0\n64\n0\n0000\n")
    }

    @Test(arguments: ["SCHED_BEST", "SCHED_BATCH"]) func aSchedulerIsCheckedAndSet(_ policy: String)
        async throws
    {
        try await TestGuest.with { guest in
            try await guest.create("c", guest.spec(["sleep", "100"]))
            try await guest.start("c")
            var request = AgentExecProcessRequest()
            (request.containerID, request.execID) = ("c", "x")
            // Field 41 of stat is the policy, 19 the nice value.
            request.process.args = ["cat", "/proc/self/stat"]
            request.process.env = ["PATH=/bin"]
            request.process.scheduler.policy = policy
            request.process.scheduler.nice = 7
            request.process.ioPriority.class = "IOPRIO_CLASS_IDLE"
            request.process.execCpuAffinity = "0"
            guard policy == "SCHED_BATCH" else {
                let bad = request
                await expect(.invalidArgument) { _ = try await guest.agent.execProcess(bad) }
                return
            }
            _ = try await guest.agent.execProcess(request, timeout: .seconds(60))
            let fields = String(decoding: try await guest.read("c", "x"), as: UTF8.self).split(separator: " ")
            #expect(fields.count > 40 && fields[40] == "3" && fields[18] == "7")
        }
    }

    /// A child in the background holds the output open for ever; the caller that has it forgotten does not wait.
    @Test func aForgottenProcessLeavesItsIdAndItsReaders() async throws {
        try await TestGuest.with { guest in
            try await guest.create("c", guest.spec(["sleep", "100"]))
            try await guest.start("c")
            for _ in 0..<3 {
                try await guest.exec("c", "x", ["sh", "-c", "sleep 1000 & exit 3"])
                async let output = guest.read("c", "x")
                #expect(try await guest.wait("c", "x") == 3)
                #expect(try await guest.forget("c", "x") == 3)
                // Whatever it says: it is answered.
                _ = try? await output
                await expect(.notFound) { _ = try await guest.wait("c", "x") }
            }
            // A container's first process is not forgotten.
            try await guest.signal("c", "c", SIGKILL)
            #expect(try await guest.forget("c", "c") == 137)
            #expect(try await guest.wait("c") == 137)
        }
    }
}

extension TestGuest {
    fileprivate func forget(_ id: String, _ execID: String) async throws -> Int32 {
        var request = AgentWaitProcessRequest()
        (request.containerID, request.execID, request.forget) = (id, execID, true)
        return try await agent.waitProcess(request, timeout: .seconds(60)).status
    }
}
