import Configuration
import Foundation
import RuntimeErrors
import Testing

@Suite struct ConfigurationLoaderTests {
    private let minimal = "[hypervisor.qemu]\n"

    private func memory(_ amount: Int) -> String { "[hypervisor.qemu]\ndefault_memory = \(amount)\n" }

    @Test func theOrderOfPlaces() throws {
        let folder = try TemporaryFolder()
        let named = try folder.write("named/a.toml", memory(101))
        let fromEnvironment = try folder.write("env/b.toml", memory(102))
        let first = try folder.write("etc/configuration.toml", memory(103))
        let second = try folder.write("usr/configuration.toml", memory(104))
        let loader = ConfigurationLoader(places: [first, second])
        func read(_ path: String?, _ body: String?, _ variable: String?) throws -> Int {
            let environment = variable.map { ["SWIFTLET_CONF_FILE": $0] } ?? [:]
            return try loader.load(path: path, body: body, environment: environment).hypervisor.defaultMemory
        }
        #expect(try read(named, memory(100), fromEnvironment) == 100)
        #expect(try read(named, "", fromEnvironment) == 101)
        #expect(try read("", nil, fromEnvironment) == 102)
        #expect(try read(nil, nil, "") == 103)
        try FileManager.default.removeItem(atPath: first)
        #expect(try read(nil, nil, nil) == 104)
    }

    @Test func noFileAtAll() {
        let loader = ConfigurationLoader(places: ["/nonexistent/a", "/nonexistent/b"])
        #expect(
            message { _ = try loader.load(path: nil, body: nil, environment: [:]) }
                == "notFound: can't find a configuration: none of '/nonexistent/a' and '/nonexistent/b' exists; copy "
                + "configuration.toml.example to the first")
    }

    @Test func aNamedFileMustBeThere() throws {
        let folder = try TemporaryFolder()
        let place = try folder.write("configuration.toml", minimal)
        let loader = ConfigurationLoader(places: [place])
        #expect(
            message { _ = try loader.load(path: "/nonexistent/x", body: nil, environment: [:]) }
                == "notFound: can't read the configuration '/nonexistent/x': no such file or directory; make it "
                + "readable or name another")
        #expect(
            message { _ = try loader.load(path: "x.toml", body: nil, environment: [:]) }
                == "can't use the configuration 'x.toml': the path is not absolute; give an absolute one")
    }

    @Test func dropInsInTheOrderOfTheirNames() throws {
        let folder = try TemporaryFolder()
        let main = try folder.write("configuration.toml", memory(100))
        try folder.write("config.d/10-a.toml", memory(200) + "kernel = \"/a\"\n")
        try folder.write("config.d/9-b.toml", memory(300))
        try folder.write("config.d/Z.toml", "[runtime]\nenable_debug = true\n")
        try folder.write("config.d/.hidden.toml", "nonsense")
        try folder.write("config.d/readme.txt", "nonsense")
        let read = try ConfigurationLoader().load(path: main, body: nil, environment: [:])
        #expect(read.hypervisor.defaultMemory == 300)
        #expect(read.hypervisor.kernel == "/a")
        #expect(read.debug)
        #expect(
            read.files.map { ($0 as NSString).lastPathComponent } == [
                "configuration.toml", "10-a.toml", "9-b.toml", "Z.toml",
            ])
    }

    @Test func problemsNameTheDropIn() throws {
        let folder = try TemporaryFolder()
        let main = try folder.write("configuration.toml", minimal)
        let dropIn = try folder.write("config.d/x.toml", "\n[runtime]\nenable_debugg = true\n")
        #expect(
            message { _ = try ConfigurationLoader().load(path: main, body: nil, environment: [:]) }
                == "can't use the configuration: '\(dropIn):3': key 'runtime.enable_debugg' is not known; did you "
                + "mean 'enable_debug'?")
    }

    @Test func filesThatAreNone() throws {
        let folder = try TemporaryFolder()
        func refusal(_ path: String) -> String {
            message { _ = try ConfigurationLoader().load(path: path, body: nil, environment: [:]) }
        }
        #expect(refusal(folder.path).contains("it is no regular file; name a file"))
        let fifo = folder.path + "/fifo"
        #expect(mkfifo(fifo, 0o600) == 0)
        #expect(refusal(fifo).contains("it is no regular file; name a file"))
        let latin = folder.path + "/latin"
        try Data([0x23, 0xFF, 0x0A]).write(to: URL(fileURLWithPath: latin))
        #expect(refusal(latin).contains("it is not UTF-8 text; correct it"))
        let large = try folder.write("large", String(repeating: "#", count: 1_100_000))
        #expect(refusal(large).contains("it has more than 1048576 bytes; shorten it"))
        let open = try folder.write("open", minimal)
        #expect(chmod(open, 0o666) == 0)
        #expect(refusal(open).contains("everyone may write it; take that right away with chmod o-w"))
    }

    @Test func aBodyHasNoDropIns() throws {
        let read = try ConfigurationLoader(places: []).load(path: nil, body: memory(99), environment: [:])
        #expect(read.files == ["configuration of the request"])
        #expect(
            message { _ = try ConfigurationLoader().load(path: nil, body: "x = 1\n", environment: [:]) }
                .hasPrefix(
                    "can't use the configuration: 'configuration of the request:1': section [x] is not known")
        )
    }
}
