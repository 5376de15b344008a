import Testing

@testable import GuestRuntime

@Suite struct GuestPCIPathTests {
    @Test(arguments: ["02", "03/00", "1f.7", "0001:02", "ffff:1f.7/00/00.1"])
    func aPathReadsAsItIsWritten(_ text: String) throws {
        #expect(GuestPCIPath(text)?.description == text)
    }

    @Test func theFirstSegmentIsTheOneThatGoesWithoutSaying() throws {
        #expect(GuestPCIPath("0000:02") == GuestPCIPath("02"))
        #expect(GuestPCIPath("1F/0a")?.description == "1f/0a")
    }

    @Test(arguments: [
        "", "/", "2", "002", "20", "0g", "02/", "/02", "02//03", "02.8", "02.", "02.00", "02.-1", "+2", "0x2",
        " 02",
        "02 ", "1:02", "00001:02", "0001:", ":02", "0001:02:03", "０２", "02\0", "02.\u{0661}", "../02",
        "02/..",
    ])
    func anythingElseIsNoPath(_ text: String) {
        #expect(GuestPCIPath(text) == nil)
    }

    @Test func aPathHasAnEnd() {
        let longest = Array(repeating: "00.7", count: GuestPCIPath.longest).joined(separator: "/")
        #expect(GuestPCIPath("0001:" + longest) != nil)
        #expect(GuestPCIPath(longest + "/00") == nil)
        #expect(GuestPCIPath(String(repeating: "00/", count: 1 << 20) + "00") == nil)
    }

    @Test func anAddressReadsAsTheKernelWritesIt() throws {
        #expect(PCIFunctionAddress("0000:3B:1f.7")?.description == "0000:3b:1f.7")
        #expect(PCIFunctionAddress("10000:e1:00.0")?.description == "10000:e1:00.0")
        for text in [
            "", "3b:00.0", "0000:3b:00", "0000:3b:20.0", "0000:3b:00.8", "000:3b:00.0", "0000:3b:00.0 ",
            "0000:003b:00.0", "0000:3b:00.0:0", "000000000:3b:00.0", "0000:3b:0.00",
        ] {
            #expect(PCIFunctionAddress(text) == nil, "\(text)")
        }
    }

    /// Texts of the letters that paths are made of: none traps, and one that is read is written as one that reads alike.
    @Test func whatIsReadCanBeWritten() {
        var random = SystemRandomNumberGenerator()
        let letters = Array("00123789afAF/.:g=\0é".unicodeScalars)
        var count = 0
        for _ in 0..<50_000 {
            let length = Int.random(in: 0...9, using: &random)
            var text = ""
            for _ in 0..<length {
                if let letter = letters.randomElement(using: &random) { text.unicodeScalars.append(letter) }
            }
            if let address = PCIFunctionAddress("0000:" + text) {
                #expect(PCIFunctionAddress(address.description) == address)
            }
            guard let path = GuestPCIPath(text) else { continue }
            count += 1
            #expect(GuestPCIPath(path.description) == path)
            #expect(path.hops.allSatisfy { $0.slot < 32 && $0.function < 8 })
        }
        #expect(count > 100)
    }
}
