import Glibc
import Linux
import RuntimeErrors
import Testing

@Suite(.enabled(if: isRoot, "needs root"))
struct SpawnPrivilegeTests {
    private func status(_ change: (inout ChildLaunch) throws -> Void) throws -> String {
        try run(["/bin/cat", "/proc/self/status"], change).text
    }

    @Test func keepsOnlyTheNamedCapabilities() throws {
        let kept: CapabilitySet = [.chown, .setgid]
        let status = try status { $0.boundingCapabilities = kept }
        #expect(field("CapBnd", of: status) == "0000000000000041")
        #expect(field("CapEff", of: status) == "0000000000000041")
        #expect(field("CapInh", of: status) == "0000000000000000")
        #expect(field("NoNewPrivs", of: status) == "1")
    }

    @Test func dropsEverythingForAnotherUser() throws {
        let status = try status {
            $0.identity = .init(uid: 65534, gid: 65533, groups: [7, 8])
            $0.boundingCapabilities = []
        }
        #expect(field("Uid", of: status) == "65534 65534 65534 65534")
        #expect(field("Gid", of: status) == "65533 65533 65533 65533")
        #expect(field("Groups", of: status) == "7 8")
        for set in ["CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb"] {
            #expect(field(set, of: status) == "0000000000000000")
        }
    }

    @Test func keepsAmbientCapabilitiesOverAChangeOfUser() throws {
        let status = try status {
            $0.identity = .init(uid: 65534, gid: 65534)
            $0.boundingCapabilities = []
            $0.ambientCapabilities = [.sysChroot]
        }
        for set in ["CapEff", "CapPrm", "CapBnd", "CapAmb"] {
            #expect(field(set, of: status) == "0000000000040000")
        }
    }

    @Test func leavesNewPrivilegesWhereAsked() throws {
        #expect(field("NoNewPrivs", of: try status { $0.noNewPrivileges = false }) == "0")
    }

    @Test func setsTheOOMScore() throws {
        let output = try run(["/bin/cat", "/proc/self/oom_score_adj"]) { $0.oomScoreAdjust = 300 }
        #expect(output.text == "300\n")
        // The score of this process, which shares its memory with the child before exec, stays.
        #expect(try text(of: "/proc/self/oom_score_adj") != "300\n")
    }

    @Test func namesALimitThatCannotBeSet() throws {
        let error = #expect(throws: RuntimeError.self) {
            try run(["/bin/true"]) {
                $0.resourceLimits = [ResourceLimit(.openFiles, soft: 5, hard: 4)]
            }
        }
        #expect(error?.message.contains("the limit openFiles to 5, at most 4") == true)
    }

    @Test func makesAndEntersNamespaces() throws {
        let network = try NetworkNamespace.create()
        let inside = try run([
            "/bin/sh", "-c", "echo $$; readlink /proc/self/ns/net; busybox ip address show lo",
        ]) {
            $0.newNamespaces = [.pid, .ipc]
            $0.joinNamespaces = [network.descriptor.raw]
        }
        let lines = inside.text.split(separator: "\n")
        #expect(lines.first == "1")
        let inode = try FileStatus(of: network.descriptor.raw).inode
        #expect(lines.dropFirst().first == "net:[\(inode)]")
        #expect(inside.text.contains("LOOPBACK,UP") && inside.text.contains("127.0.0.1/8"))
        #expect(try run(["/bin/readlink", "/proc/self/ns/net"]).text != "net:[\(inode)]\n")
    }

    @Test func changesTheRoot() throws {
        let folder = try TemporaryFolder()
        _ = try run(["/bin/cp", "/bin/busybox", "\(folder.path)/busybox"])
        let output = try run(["/busybox", "ls", "/"]) { $0.root = folder.path }
        #expect(output.text == "busybox\n")
    }
}
