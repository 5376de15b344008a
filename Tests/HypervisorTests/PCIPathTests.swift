import Foundation
import Hypervisor
import Testing

@Suite struct PCIPathTests {
    @Test(arguments: ["02", "1f", "03/00", "03/00/1f.7", "00.1", "0001:02", "005f:1f"])
    func readsWhatItWrites(_ text: String)
        throws
    {
        let path = try #require(PCIPath(text))
        #expect(path.description == text)
        let decoded = try JSONDecoder().decode([PCIPath].self, from: JSONEncoder().encode([path]))
        #expect(decoded == [path])
    }

    @Test(arguments: [
        "", "/", "2", "20", "002", "02/", "/02", "02.8", "02.", "02.0.0", "zz", "-1", "+1", "02.+1",
        "0000:02", "1:02",
        "0001:", "+001:02", "0001:0002:02",
    ])
    func refusesOtherText(_ text: String) {
        #expect(PCIPath(text) == nil)
        #expect(throws: (any Error).self) {
            try JSONDecoder().decode([PCIPath].self, from: JSONEncoder().encode([text]))
        }
    }

    @Test func sortsAsAGuestEnumerates() throws {
        let sorted = ["02", "02/00", "02/01", "0a", "10/00", "10.1", "0001:01"]
        let paths = try sorted.reversed().map { try #require(PCIPath($0)) }
        #expect(paths.sorted().map(\.description) == sorted)
    }
}
