import FakeHost
import Linux
import OCI
import Sandbox
import Testing

/// A state folder is found by its key, and says whose it is.
@Suite struct StateFolderKeyTests {
    @Test func theSandboxOfAFolder() throws {
        let host = try FakeHost()
        try host.makeFolder(host.roots.run)
        let name = SandboxName(
            containerdAddress: "/run/containerd/containerd.sock", namespace: "k8s.io",
            id: try ContainerID(parsing: "pod-a"))
        try StateFolder(of: name, in: host.roots).create(for: name)
        let folder = try #require(StateFolder(key: name.key, in: host.roots))
        #expect(folder == StateFolder(of: name, in: host.roots))
        #expect(folder.sandbox == name)
        for text in ["", "a\nb\n", "\(name.containerdAddress)\nother\npod-a\n", "a\nb\n../../x\n"] {
            try host.write(text, to: folder.nameFile)
            #expect(folder.sandbox == nil, "\(text)")
        }
        folder.remove()
        #expect(folder.sandbox == nil)
    }

    @Test(arguments: [
        "", "vfio", "../../../../../../../../etc/pass", "0123456789ABCDEF0123456789ABCDEF",
        "0123456789abcdef0123456789abcde", "0123456789abcdef0123456789abcdef0",
    ])
    func whatIsNoKey(_ text: String) {
        #expect(StateFolder(key: text, in: HostRoots()) == nil)
    }
}
