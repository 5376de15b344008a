@testable import SharedFilesystem
import Linux
import RuntimeErrors
import Testing

struct OverlayOptionsTests {
    @Test func takesContainerdsOptionsApart() throws {
        let options = try OverlayOptions([
            "index=off", "userxattr", "workdir=/s/3/work", "upperdir=/s/3/fs", "lowerdir=/s/2/fs:/s/1/fs",
        ])
        #expect(options.lower == ["/s/2/fs", "/s/1/fs"])
        #expect(options.upper == "/s/3/fs" && options.work == "/s/3/work")
        #expect(options.others == [.init(key: "index", value: "off"), .init(key: "userxattr", value: nil)])
        #expect(options.attributes == [])
        #expect(try OverlayOptions(["lowerdir=/a", "ro", "nosuid"]).attributes == [.readOnly, .noSetuid])
    }

    @Test func readsEscapedLayers() throws {
        let options = try OverlayOptions([#"lowerdir=/a\:b:/c\\d:/e,f"#])
        #expect(options.lower == ["/a:b", #"/c\d"#, "/e,f"])
        #expect(options.lowerOption() == #"/a\:b:/c\\d:/e,f"#)
        #expect(options.pageOption().data == #"lowerdir=/a\:b:/c\\d:/e\,f"#)
    }

    @Test(arguments: [
        ["upperdir=/u", "workdir=/w"], ["lowerdir=/a", "upperdir=/u"], ["lowerdir=/a", "workdir=/w"],
        ["lowerdir=a"], ["lowerdir=/a::/b"], ["lowerdir=/a:"], ["lowerdir"], [],
    ])
    func refusesWhatMakesNoOverlay(_ options: [String]) {
        let error = #expect(throws: RuntimeError.self) { try OverlayOptions(options) }
        #expect(error?.code == .invalidArgument)
    }

    @Test func shortensPathsToTheirCommonFolder() throws {
        let options = try OverlayOptions([
            "lowerdir=/x/s/2/fs:/x/s/1/fs", "upperdir=/x/s/3/fs", "workdir=/x/s/3/work", "volatile",
        ])
        let (folder, data) = options.pageOption()
        #expect(folder == "/x/s")
        #expect(data == "lowerdir=2/fs:1/fs,upperdir=3/fs,workdir=3/work,volatile")
        #expect(try OverlayOptions(["lowerdir=/a:/a/b"]).pageOption() == ("/", "lowerdir=/a:/a/b"))
    }
}
