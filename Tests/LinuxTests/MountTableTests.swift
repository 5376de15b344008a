import Linux
import RuntimeErrors
import Testing

struct MountTableTests {
    @Test func parsesALine() throws {
        let line =
            #"36 35 98:0 /a\040b /mnt\134x rw,noatime shared:1 master:2 - ext3 /dev/root rw,errors=continue"#
        let entry = try #require(try MountTable(parsing: [UInt8]("\(line)\n".utf8)).entries.first)
        #expect(entry.id == 36 && entry.parentID == 35)
        #expect(entry.device == DeviceNumber(major: 98, minor: 0))
        #expect(entry.root == "/a b" && entry.mountPoint == #"/mnt\x"#)
        #expect(entry.options == ["rw", "noatime"])
        #expect(entry.propagation == ["shared:1", "master:2"])
        #expect(entry.type == "ext3" && entry.source == "/dev/root")
        #expect(entry.superOptions == ["rw", "errors=continue"])
    }

    @Test(arguments: [
        "", "x", "1 2 3:4 / / rw - a", "1 2 3 / / rw - a b c", "a 2 3:4 / / rw - a b c",
        "1 2 3:4 / / rw shared:1", "1 2 3:4 - / rw a b c",
    ])
    func refusesOtherLines(_ line: String) {
        #expect(throws: RuntimeError.self) { try MountTable(parsing: [UInt8]("ok\n\(line)\n".utf8)) }
    }

    @Test func keepsOddEscapes() throws {
        let line = #"1 2 3:4 /\04 /\777\x rw - a b c"#
        let entry = try #require(try MountTable(parsing: [UInt8](line.utf8)).entries.first)
        #expect(entry.root == #"/\04"# && entry.mountPoint == #"/\777\x"#)
    }

    @Test func readsItsOwnTable() throws {
        let table = try MountTable.read()
        let root = try #require(table.entries.first { $0.mountPoint == "/" })
        #expect(try FileStatus(of: "/").mountID == root.id)
        #expect(throws: RuntimeError.self) { try MountTable.read("/nowhere") }
    }
}
