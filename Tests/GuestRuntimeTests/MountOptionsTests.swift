import RuntimeErrors
import Testing

@testable import GuestRuntime

@Suite struct MountOptionsTests {
    @Test func aLaterOptionWins() throws {
        let options = try MountOptions(parsing: ["ro", "rw", "noexec", "exec", "nosuid"])
        #expect(options.set == 0x2)
        #expect(options.clear == 0x1 | 0x8)
    }

    @Test(arguments: [
        ("noatime", UInt64(0x10)), ("strictatime", 0x20), ("nodiratime", 0x80), ("nosymfollow", 0x20_0000),
        ("nodev", 0x4),
    ]) func attributes(_ text: String, _ value: UInt64) throws {
        #expect(try MountOptions(parsing: [text]).set == value)
        #expect(try MountOptions(parsing: ["r" + text]).recursiveSet == value)
    }

    @Test func accessTimesAreOneField() throws {
        let options = try MountOptions(parsing: ["noatime", "strictatime"])
        #expect(options.set == 0x20)
        #expect(try MountOptions(parsing: ["noatime", "relatime"]).set == 0)
    }

    @Test func wordsThatBeginWithRAreNotMistaken() throws {
        let options = try MountOptions(parsing: ["rw", "rbind", "rslave", "rro", "relatime"])
        #expect(options.bind && options.recursiveBind)
        #expect(options.propagation == 1 << 19 && options.recursivePropagation)
        #expect(options.recursiveSet == 0x1)
        #expect(options.set == 0)
        #expect(options.data == [])
    }

    @Test func whatTheKernelMustKnowIsHandedOn() throws {
        #expect(
            try MountOptions(parsing: ["size=64m", "mode=755", "newinstance"]).data == [
                "size=64m", "mode=755", "newinstance",
            ])
    }

    @Test(arguments: ["tmpcopyup", "idmap", "remount"]) func whatCanNotBeDoneIsSaid(_ text: String) {
        #expect { try MountOptions(parsing: [text]) } throws: {
            ($0 as? RuntimeError)?.code == .unimplemented
        }
    }
}
