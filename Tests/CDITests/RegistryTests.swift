import CDI
import Glibc
import Linux
import RuntimeErrors
import Testing

@Suite struct RegistryTests {
    private let host: CDIHost
    private let gpu: DeviceName

    init() throws {
        host = try CDIHost()
        gpu = try #require(DeviceName("nvidia.com/gpu=x"))
    }

    private func env(_ name: DeviceName) throws -> [String] {
        try host.registry.resolve([name]).flatMap(\.edits.env)
    }

    @Test func theLaterFolderWins() throws {
        try host.device("etc/cdi/a.json", "x", env: "A=etc")
        try host.device("var/run/cdi/a.json", "x", env: "A=run")
        #expect(try env(gpu) == ["A=run"])
        #expect(host.registry.problems.isEmpty)
    }

    @Test func aDeviceTwiceInAFolderIsLostAloneAndBothFilesAreNamed() throws {
        let first = try host.device("etc/cdi/a.json", "x")
        let second = try host.device("etc/cdi/b.json", "x")
        try host.device("etc/cdi/c.json", "y", env: "A=y")
        #expect(throws: RuntimeError.self) { try env(gpu) }
        #expect(try env(#require(DeviceName("nvidia.com/gpu=y"))) == ["A=y"])
        #expect(Set(host.registry.problems.map(\.path)) == [first, second])
        try host.device("var/run/cdi/a.json", "x", env: "A=run")
        #expect(try env(gpu) == ["A=run"])
    }

    @Test func everyUnknownNameIsListedWithWhereWasLooked() throws {
        let read = try host.device("etc/cdi/a.json", "x")
        let bad = try host.file("var/run/cdi/bad.yaml", "kind: [")
        let other = try #require(DeviceName("v.com/none=1"))
        let third = try #require(DeviceName("v.com/none=2"))
        let error = #expect(throws: RuntimeError.self) { try host.registry.resolve([other, gpu, third]) }
        #expect(error?.code == .notFound)
        let text = try #require(error?.message)
        for part in ["'v.com/none=1', 'v.com/none=2':", read, bad] + host.roots.cdi {
            #expect(text.contains(part), "\(part) in \(text)")
        }
        #expect(!text.contains("gpu=x"))
    }

    @Test func onlyTrustedRegularFilesCount() throws {
        try host.device("etc/cdi/good.json", "x")
        try host.device("etc/cdi/other.yml", "y")
        try host.file("etc/cdi/open.json", spec(#"{"env":["A=b"]}"#, name: "y"), mode: 0o666)
        try host.file("etc/cdi/long.yaml", String(repeating: "#", count: 3 << 20))
        symlink("good.json", "\(host.roots.prefix)/etc/cdi/link.json")
        mkfifo("\(host.roots.prefix)/etc/cdi/pipe.json", 0o600)
        let registry = host.registry
        #expect(registry.names == [gpu])
        let names = registry.problems.compactMap { $0.path.split(separator: "/").last.map(String.init) }
        #expect(names == ["link.json", "long.yaml", "open.json", "pipe.json"])
    }

    @Test func aFileOfAnotherUserOrInAnOpenFolderDoesNotCount() throws {
        try host.device("etc/cdi/a.json", "x")
        let stranger = Registry(folders: host.roots.cdi, owners: [4_242_424])
        #expect(stranger.names.isEmpty && stranger.problems.count == 2)
        #expect(stranger.problems.first?.reason.contains("belongs to user \(geteuid())") == true)
        chmod("\(host.roots.prefix)/etc/cdi", 0o777)
        #expect(host.registry.names.isEmpty && host.registry.problems.count == 1)
    }

    @Test func foldersThatAreNotThereAreEmpty() {
        let registry = Registry(folders: ["/nonexistent/cdi"])
        #expect(registry.problems.isEmpty && registry.files.isEmpty && registry.names.isEmpty)
    }
}
