import AgentProtocol
import Foundation
import TTRPC
import Testing

/// Images and processes that try to reach what is not theirs.
@Suite(.enabled(if: TestGuest.isPossible, "needs root"), .timeLimit(.minutes(5))) struct EscapeTests {
    /// A folder of the host that every attack aims at.
    private func victim(of guest: TestGuest) throws -> String {
        let path = URL(fileURLWithPath: guest.root + "/../victim").standardizedFileURL.path
        try FileManager.default.createDirectory(atPath: path + "/deep", withIntermediateDirectories: true)
        try "untouched".write(toFile: path + "/file", atomically: false, encoding: .utf8)
        return path
    }

    private func expectUntouched(_ path: String) throws {
        #expect(try FileManager.default.subpathsOfDirectory(atPath: path).sorted() == ["deep", "file"])
        #expect(try String(contentsOfFile: path + "/file", encoding: .utf8) == "untouched")
    }

    /// Puts a link where a path of the container is.
    private func plant(_ path: String, _ target: String, in guest: TestGuest) throws {
        let place = guest.root + path
        try? FileManager.default.removeItem(atPath: place)
        try FileManager.default.createDirectory(
            atPath: URL(fileURLWithPath: place).deletingLastPathComponent().path,
            withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: place, withDestinationPath: target)
    }

    @Test(arguments: [
        "/dev", "/dev/pts", "/sys", "/proc", "/run", "/mnt", "/etc", "/a/b", "/tmp",
    ]) func aLinkInTheWayOfAMountLeadsNowhere(_ path: String) async throws {
        try await TestGuest.with { guest in
            let victim = try victim(of: guest)
            for target in [
                victim, "../../../../../../../../.." + victim, victim + "/absent", path, "/proc/self/cwd",
            ] {
                try plant(path, target, in: guest)
                var spec = guest.spec(["/bin/true"])
                spec.mounts += [
                    guest.mount("/mnt", "tmpfs", "tmpfs", []),
                    guest.mount("/etc/made", "tmpfs", "tmpfs", []),
                    guest.mount("/a/b/c/d", "tmpfs", "tmpfs", []),
                    guest.mount("/tmp/file", "bind", victim + "/file", ["bind", "ro"]),
                ]
                spec.linux.maskedPaths += [path + "/file", "/a/b"]
                spec.linux.readonlyPaths += [path + "/deep"]
                // Either it works inside of the root or it is refused; outside nothing changes.
                _ = try? await guest.run(spec)
                try? await guest.remove("c")
                try expectUntouched(victim)
            }
        }
    }

    @Test func aDanglingLinkIsMadeGoodInside() async throws {
        try await TestGuest.with { guest in
            let victim = try victim(of: guest)
            try plant("/etc/resolv.conf", "../run2/resolve/stub", in: guest)
            var spec = guest.spec(["cat", "/etc/resolv.conf"])
            spec.mounts.append(guest.mount("/etc/resolv.conf", "bind", victim + "/file", ["bind", "ro"]))
            #expect(try await guest.run(spec).output == "untouched")
            #expect(FileManager.default.fileExists(atPath: guest.root + "/run2/resolve/stub"))
        }
    }

    @Test(arguments: ["/proc", "/sys"]) func kernelFilesNeedARealFolder(_ path: String) async throws {
        try await TestGuest.with { guest in
            try plant(path, "/tmp", in: guest)
            await expect(.invalidArgument) { try await guest.create("c", guest.spec(["/bin/true"])) }
        }
    }

    @Test(arguments: ["/proc/self/attr", "/proc/1", "/proc/sys/kernel/core_pattern"])
    func nothingIsMountedInProc(_ path: String) async throws {
        try await TestGuest.with { guest in
            var spec = guest.spec(["/bin/true"])
            spec.mounts.append(guest.mount(path, "bind", guest.root + "/tmp", ["bind"]))
            if path.hasSuffix("pattern") {
                spec.mounts[spec.mounts.count - 1].source = guest.root + "/etc/passwd"
            }
            await expect(.permissionDenied) { try await guest.create("c", spec) }
        }
    }

    @Test func aMountSourceThatIsALinkIsRefused() async throws {
        try await TestGuest.with { guest in
            let victim = try victim(of: guest)
            try plant("/tmp/link", victim, in: guest)
            var spec = guest.spec(["/bin/true"])
            spec.mounts.append(guest.mount("/mnt", "bind", guest.root + "/tmp/link", ["bind"]))
            await expect(.invalidArgument) { try await guest.create("c", spec) }
        }
    }

    @Test(arguments: [
        "/proc/self/fd/3", "/proc/self/fd/7", "/proc/self/cwd", "/proc/1/root", "/proc/self/root/tmp",
    ])
    func aWorkingFolderIsNoWayOut(_ path: String) async throws {
        try await TestGuest.with { guest in
            var spec = guest.spec(["pwd"])
            spec.process.cwd = path
            await expect(.invalidArgument) { try await guest.create("c", spec) }
            try await guest.create("d", guest.spec(["sleep", "100"]))
            try await guest.start("d")
            // There is no descriptor 7 at all, which is as good.
            await expect(path.hasSuffix("7") ? .notFound : .invalidArgument) {
                try await guest.exec("d", "x", ["pwd"], cwd: path)
            }
        }
    }

    @Test func chrootIsNoWayOut() async throws {
        try await TestGuest.with { guest in
            _ = try victim(of: guest)
            // The classic: a folder as root while the working folder stays outside of it, then up.
            let script = """
                mkdir -p /jail/bin; ln /bin/busybox /jail/bin/sh; cd /; exec 5</
                chroot /jail /bin/sh -c 'cd /proc/self/fd/5 2>/dev/null; cd ../../../../..; echo *'; ls -a /..
                """
            let outcome = try await guest.shell(script)
            #expect(!outcome.output.contains("victim"))
            #expect(!outcome.output.contains("swiftlet"))
        }
    }

    @Test func theAgentsBinaryCanNotBeWritten() async throws {
        try await TestGuest.with { guest in
            let before = try Data(contentsOf: URL(fileURLWithPath: TestGuest.binary))
            let trick = guest.root + "/bin/trick"
            try "#!/proc/self/exe\n".write(toFile: trick, atomically: false, encoding: .utf8)
            chmod(trick, 0o755)
            var spec = guest.spec([
                "sh", "-c",
                """
                while :; do for p in /proc/[0-9]*/exe; do case $(readlink $p) in
                *swiftlet*) (echo x >> $p) 2>/dev/null && echo WROTE;; esac; done; done
                """,
            ])
            spec.process.capabilities.bounding.append("CAP_SYS_PTRACE")
            spec.process.capabilities.effective.append("CAP_SYS_PTRACE")
            spec.process.capabilities.permitted.append("CAP_SYS_PTRACE")
            try await guest.create("c", spec)
            try await guest.start("c")
            for number in 0..<20 {
                try? await guest.exec("c", "x\(number)", ["trick"])
            }
            try await guest.signal("c", "c", SIGKILL)
            #expect(try await guest.read("c") == Data())
            #expect(try Data(contentsOf: URL(fileURLWithPath: TestGuest.binary)) == before)
        }
    }

    @Test func badRequestsAreRefused() async throws {
        try await TestGuest.with { guest in
            for id in ["", "..", "a/b", String(repeating: "x", count: 300), "a\0b"] {
                await expect(.invalidArgument) { try await guest.create(id, guest.spec(["true"])) }
            }
            var spec = guest.spec(["true"])
            spec.process.user.uid = .max
            await expect(.invalidArgument) { try await guest.create("c", spec) }
            spec = guest.spec(["true"])
            spec.process.args = ["tr\0ue"]
            await expect(.invalidArgument) { try await guest.create("c", spec) }
            spec = guest.spec(["true"])
            spec.process.capabilities.bounding = ["CAP_NOSUCH"]
            await expect(.invalidArgument) { try await guest.create("c", spec) }
            spec = guest.spec(["true"])
            spec.linux.namespaces[0].type = "user"
            await expect(.unimplemented) { try await guest.create("c", spec) }
            spec = guest.spec(["true"])
            spec.process.oomScoreAdj = 5000
            await expect(.invalidArgument) { try await guest.create("c", spec) }
        }
    }
}
