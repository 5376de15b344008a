import Foundation
import OCI
import Testing

@Suite struct SpecTests {
    @Test func everyCommonFieldIsRead() throws {
        let spec = try SpecFixture.spec()
        #expect(spec.ociVersion == "1.2.0")
        let process = try #require(spec.process)
        #expect(process.user == User(uid: 1000, gid: 100, umask: 0o22, additionalGids: [10, 4_294_967_294]))
        #expect(process.args == ["/bin/sh", "-c", "echo <hi>"])
        #expect(process.env == ["PATH=/usr/bin:/bin", "EMPTY="])
        #expect(process.consoleSize == nil)
        #expect(process.capabilities?.bounding == ["CAP_CHOWN", "CAP_KILL"])
        #expect(process.capabilities?.ambient == [])
        #expect(process.rlimits == [ResourceLimit(type: "RLIMIT_NOFILE", hard: .max, soft: 1024)])
        #expect(process.noNewPrivileges)
        #expect(process.oomScoreAdj == -999)
        #expect(spec.root == Root(path: "rootfs", readonly: true))
        #expect(spec.mounts.map(\.isBind) == [false, true])
        #expect(spec.annotations == ["a.b/c": "d"])
        let linux = try #require(spec.linux)
        #expect(linux.namespace(.network)?.path == "/var/run/netns/x")
        #expect(linux.namespace(.user) == nil)
        #expect(linux.resources?.devices.map(\.deniesAll) == [true, false])
        #expect(linux.resources?.memory?.limit == 134_217_728)
        #expect(linux.resources?.memory?.disableOOMKiller == false)
        #expect(linux.resources?.cpu?.cpus == "0-1,3")
        #expect(linux.resources?.pids?.limit == 100)
        #expect(linux.resources?.blockIO?.weight == 500)
        #expect(linux.resources?.unified == ["memory.high": "104857600"])
        #expect(linux.devices.first?.fileMode == 0o666)
        #expect(linux.seccomp?.defaultErrnoRet == 1)
        #expect(linux.seccomp?.syscalls.map(\.errnoRet) == [nil, 38, nil])
        #expect(linux.seccomp?.syscalls.last?.args.first?.value == .max)
        #expect(linux.intelRdt?.closID == "guaranteed")
    }

    @Test func whatIsWrittenReadsTheSame() throws {
        let spec = try SpecFixture.spec()
        let text = try jsonText(spec)
        #expect(try SpecFixture.spec(text) == spec)
    }

    @Test func textIsSortedPlainAndWithoutEmptyFields() throws {
        let text = try jsonText(SpecFixture.small { $0.process?.user = User() }, indented: false)
        #expect(
            text
                == #"{"linux":{},"ociVersion":"1.2.0","process":{"args":["/bin/true"],"cwd":"/","user":{"gid":0,"uid":0}},"root":{"path":"rootfs"}}"#
        )
    }

    @Test func nullAndAbsentAndEmptyAreTheSame() throws {
        let absent = try SpecFixture.spec(#"{"ociVersion":"1.2.0"}"#)
        let null = try SpecFixture.spec(
            #"{"ociVersion":"1.2.0","mounts":null,"hostname":null,"annotations":null,"linux":null}"#)
        let empty = try SpecFixture.spec(
            #"{"ociVersion":"1.2.0","mounts":[],"annotations":{},"hostname":""}"#)
        #expect(absent == null)
        #expect(absent == empty)
    }

    @Test func unknownFieldsAreTolerated() throws {
        let spec = try SpecFixture.spec(
            #"{"ociVersion":"1.9.0","windows":{"x":[1]},"linux":{"netDevices":{"eth0":{"name":"a"}}}}"#)
        #expect(spec.ociVersion == "1.9.0")
    }
}
