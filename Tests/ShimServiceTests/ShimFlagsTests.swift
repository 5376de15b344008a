import RuntimeErrors
import Testing

@testable import ShimService

@Suite struct ShimFlagsTests {
    @Test func startAsContainerdCallsIt() throws {
        let flags = try ShimFlags(parsing: [
            "-namespace", "k8s.io", "-address", "/run/containerd/containerd.sock", "-publish-binary",
            "/usr/bin/containerd", "-id", "abc", "-debug", "start",
        ])
        #expect(flags.verb == .start)
        #expect(flags.namespace == "k8s.io")
        #expect(flags.address == "/run/containerd/containerd.sock")
        #expect(flags.publishBinary == "/usr/bin/containerd")
        #expect(flags.id == "abc")
        #expect(flags.debug)
    }

    @Test func deleteWithBundle() throws {
        let flags = try ShimFlags(parsing: ["--namespace=n", "-id=x", "-bundle", "/b", "delete"])
        #expect(flags.verb == .delete)
        #expect(flags.bundle == "/b")
        #expect(flags.namespace == "n")
        #expect(!flags.debug)
    }

    @Test(arguments: [
        (["-v"], ShimFlags.Verb.version), (["-version"], .version), (["-info"], .info), ([], .serve),
        (["-id", "x", "-socket", "/s"], .serve),
    ])
    func verbs(_ arguments: [String], _ verb: ShimFlags.Verb) throws {
        #expect(try ShimFlags(parsing: arguments).verb == verb)
    }

    @Test(arguments: [["-nonsense"], ["-id"], ["restart"], ["start", "-id", "x"]])
    func refuses(_ arguments: [String]) {
        let error = #expect(throws: RuntimeError.self) { try ShimFlags(parsing: arguments) }
        #expect(error?.code == .invalidArgument)
    }
}
