import AgentProtocol
import Foundation
import Testing

/// What a process finds around itself in a container.
@Suite(.enabled(if: TestGuest.isPossible, "needs root"), .timeLimit(.minutes(5))) struct ContainerTests {
    @Test func outputAndExitCodes() async throws {
        try await TestGuest.with { guest in
            let first = try await guest.run(guest.spec(["echo", "hello"]))
            #expect(first.status == 0 && first.output == "hello\n" && first.errors == "")
            let second = try await guest.shell("echo oops >&2; exit 7")
            #expect(second.status == 7 && second.output == "" && second.errors == "oops\n")
            #expect(try await guest.health.check(AgentCheckRequest()).status == .serving)
        }
    }

    @Test func identityAndEnvironment() async throws {
        try await TestGuest.with { guest in
            let outcome = try await guest.shell(
                "id -u; id -g; id -G; echo $GREETING; echo $HOME; pwd; umask; hostname; echo >/dev/stdout; echo $$"
            ) {
                $0.process.user.uid = 1000
                $0.process.user.gid = 1001
                $0.process.user.additionalGids = [5, 6]
                $0.process.user.umask = 0o027
                $0.process.env.append("GREETING=hi there")
                $0.process.cwd = "/made/for/it"
            }
            #expect(
                outcome.output == "1000\n1001\n1001 5 6\nhi there\n/home/user\n/made/for/it\n0027\nbox\n\n1\n"
            )
            #expect(outcome.errors == "")
        }
    }

    @Test func capabilitiesAreExactlyThoseGiven() async throws {
        try await TestGuest.with { guest in
            let root = try await guest.shell("grep -E 'Cap|NoNew' /proc/self/status | tr -d '\\t'")
            #expect(
                root.output.contains(
                    "CapPrm:00000000a80425fb\nCapEff:00000000a80425fb\nCapBnd:00000000a80425fb"))
            #expect(root.output.contains("CapInh:0000000000000000"))
            #expect(root.output.contains("CapAmb:0000000000000000"))
            #expect(root.output.contains("NoNewPrivs:1"))
            let none = try await guest.shell("grep -E 'Cap|NoNew' /proc/self/status | tr -d '\\t'") {
                $0.process.clearCapabilities()
                $0.process.noNewPrivileges = false
            }
            #expect(none.output.contains("CapBnd:0000000000000000"))
            #expect(none.output.contains("CapEff:0000000000000000"))
            #expect(none.output.contains("NoNewPrivs:0"))
            let ambient = try await guest.shell("grep Cap /proc/self/status | tr -d '\\t'") {
                $0.process.user.uid = 1000
                $0.process.capabilities.inheritable = ["CAP_NET_RAW"]
                $0.process.capabilities.ambient = ["CAP_NET_RAW"]
            }
            #expect(ambient.output.contains("CapEff:0000000000002000"))
            #expect(ambient.output.contains("CapAmb:0000000000002000"))
        }
    }

    @Test(arguments: [true, false]) func seccompIsInForce(_ noNewPrivileges: Bool) async throws {
        try await TestGuest.with { guest in
            let outcome = try await guest.shell(
                "grep Seccomp: /proc/self/status; mkdir /tmp/x; chmod 700 /tmp"
            ) {
                $0.process.noNewPrivileges = noNewPrivileges
                $0.linux.seccomp.defaultAction = "SCMP_ACT_ALLOW"
                $0.linux.seccomp.architectures = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
                var forbidden = AgentLinuxSyscall()
                forbidden.names = ["mkdir", "mkdirat", "no_such_call"]
                forbidden.action = "SCMP_ACT_ERRNO"
                var absent = AgentLinuxSyscall()
                absent.names = ["chmod", "fchmodat"]
                absent.action = "SCMP_ACT_ERRNO"
                absent.errnoRet = 38
                $0.linux.seccomp.syscalls = [forbidden, absent]
            }
            #expect(outcome.output == "Seccomp:\t2\n")
            #expect(outcome.errors.contains("Operation not permitted"))
            #expect(outcome.errors.contains("Function not implemented"))
        }
    }

    @Test func descriptorsAreTheThreeStreams() async throws {
        try await TestGuest.with { guest in
            // The fourth is the folder that ls reads.
            #expect(try await guest.run(guest.spec(["ls", "/proc/self/fd"])).output == "0\n1\n2\n3\n")
            try await guest.create("c", guest.spec(["sleep", "100"]))
            try await guest.start("c")
            try await guest.exec("c", "x", ["ls", "/proc/self/fd"])
            #expect(try await guest.read("c", "x") == Data("0\n1\n2\n3\n".utf8))
        }
    }

    @Test func filesAreAsAsked() async throws {
        try await TestGuest.with { guest in
            let shared = guest.root + "/../shared"
            try FileManager.default.createDirectory(atPath: shared, withIntermediateDirectories: true)
            try "data".write(toFile: shared + "/file", atomically: false, encoding: .utf8)
            let path = URL(fileURLWithPath: shared).standardizedFileURL.path
            let outcome = try await guest.shell(
                """
                touch /x; touch /tmp/y && echo tmp; echo w > /rw/new && echo rw; echo w > /ro/new
                cat /single; cat /proc/keys | wc -c; ls /sys/firmware | wc -l; echo 1 > /proc/sys/kernel/domainname
                grep -c ' /tmp ' /proc/mounts
                """
            ) {
                $0.root.readonly = true
                $0.mounts += [
                    guest.mount("/tmp", "tmpfs", "tmpfs", ["size=1m", "mode=1777"]),
                    guest.mount("/rw", "bind", path, ["rbind", "rw"]),
                    guest.mount("/ro", "bind", path, ["rbind", "ro"]),
                    guest.mount("/single", "bind", path + "/file", ["bind", "ro"]),
                ]
            }
            #expect(outcome.output == "tmp\nrw\ndata0\n0\n1\n")
            #expect(
                outcome.errors.split(separator: "\n").filter { $0.contains("Read-only file system") }.count
                    == 3)
            #expect(FileManager.default.fileExists(atPath: shared + "/new"))
        }
    }

    @Test func devicesOutsideOfTheListAreDenied() async throws {
        try await TestGuest.with { guest in
            let outcome = try await guest.shell(
                """
                mknod /dev/disk b 8 0; head -c1 /dev/disk; mknod /dev/kmsg c 1 11; head -c1 /dev/kmsg
                head -c2 /dev/zero | wc -c; echo x > /dev/null && echo null
                """)
            #expect(outcome.output == "2\nnull\n")
            #expect(outcome.errors.split(separator: "\n").filter { $0.contains("not permitted") }.count == 2)
        }
    }

    @Test func resourceLimitsAndScore() async throws {
        try await TestGuest.with { guest in
            let outcome = try await guest.shell("ulimit -n; ulimit -Hn; cat /proc/self/oom_score_adj") {
                var limit = AgentPOSIXRlimit()
                (limit.type, limit.soft, limit.hard) = ("RLIMIT_NOFILE", 64, 128)
                $0.process.rlimits = [limit]
                $0.process.oomScoreAdj = 500
            }
            #expect(outcome.output == "64\n128\n500\n")
        }
    }

    @Test func aTerminal() async throws {
        try await TestGuest.with { guest in
            var spec = guest.spec([
                "sh", "-c", "tty; stty size; read x; echo got $x; stty size; ls -l /dev/console",
            ])
            spec.process.terminal = true
            spec.process.consoleSize.height = 30
            spec.process.consoleSize.width = 99
            try await guest.create("c", spec)
            var resize = AgentTtyWinResizeRequest()
            (resize.containerID, resize.execID, resize.row, resize.column) = ("c", "c", 50, 20)
            try await guest.start("c")
            var request = AgentReadStreamRequest()
            (request.containerID, request.execID, request.len) = ("c", "c", 1000)
            var text = ""
            while !text.contains("30 99") {
                text += String(decoding: try await guest.agent.readStdout(request).data, as: UTF8.self)
            }
            _ = try await guest.agent.ttyWinResize(resize)
            try await guest.write("c", "c", "abc\n")
            text += String(decoding: try await guest.read("c"), as: UTF8.self)
            #expect(text.contains("/dev/pts/0\r\n30 99\r\n"))
            #expect(text.contains("got abc\r\n50 20\r\n"))
            #expect(text.contains("136,   0"))
            #expect(try await guest.wait("c") == 0)
        }
    }
}
