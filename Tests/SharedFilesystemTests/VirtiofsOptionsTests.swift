import RuntimeErrors
import Testing

@testable import SharedFilesystem

struct VirtiofsOptionsTests {
    @Test func spellsEverythingOut() throws {
        let options = try VirtiofsOptions(executable: "/usr/libexec/virtiofsd", sandboxID: "pod-1")
        #expect(
            options.arguments == [
                "virtiofsd[pod-1]", "--shared-dir=/run/shared", "--sandbox=chroot", "--seccomp=kill",
                "--xattr",
                "--inode-file-handles=never", "--rlimit-nofile=0", "--fd=3", "--cache=auto",
                "--thread-pool-size=0", "--announce-submounts", "--no-killpriv-v2", "--log-level=warn",
            ])
    }

    @Test func letsExtraArgumentsReplaceChoices() throws {
        let options = try VirtiofsOptions(
            executable: "/v", sandboxID: "p", cache: .never, threadPoolSize: 2,
            extraArguments: [
                "--thread-pool-size=1", "--no-announce-submounts", "--killpriv-v2", "--writeback",
            ])
        #expect(
            Array(options.arguments.dropFirst(8)) == [
                "--cache=never", "--log-level=warn", "--thread-pool-size=1", "--no-announce-submounts",
                "--killpriv-v2", "--writeback",
            ])
    }

    @Test(arguments: [
        "--shared-dir=/", "--sandbox=none", "--sandbox", "--seccomp=none", "--seccomp", "--fd=4",
        "--socket-path=/x",
        "-o", "source=/", "-osandbox=none", "--modcaps=+sys_admin", "--inode-file-handles=mandatory",
        "--uid-map",
        "--rlimit-nofile=9", "", "--", "--translate-uid=host:0:0:1", "/", "--cache=auto\0",
    ])
    func refusesArgumentsThatReachFurther(_ argument: String) {
        let error = #expect(throws: RuntimeError.self) {
            try VirtiofsOptions(executable: "/v", sandboxID: "p", extraArguments: [argument])
        }
        #expect(error?.code == .invalidArgument)
    }
}
