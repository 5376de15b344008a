import Glibc
import Linux
import Testing

struct SpawnDescriptorTests {
    /// Lists the descriptors of the shell, without the one by which it lists the folder.
    private let list = "for f in /proc/$$/fd/*; do [ -L $f ] && echo ${f##*/} && readlink $f; done; true"

    @Test func givesTheChildExactlyTheList() throws {
        let folder = try TemporaryFolder()
        let extra = try openDescriptor(try folder.file("extra", ""), flags: O_RDONLY).shared()
        // A descriptor without close-on-exec, as a careless library would leave it.
        let leaky = open("/etc/passwd", O_RDONLY)
        defer { close(leaky) }
        let output = try run(["/bin/sh", "-c", list]) { $0.descriptors.append((extra.raw, 9)) }
        let lines = output.text.split(separator: "\n")
        #expect(lines.filter { !$0.contains(":") && !$0.contains("/") } == ["0", "1", "2", "9"])
        #expect(lines.last?.hasSuffix("/extra") == true)
    }

    @Test(arguments: [[1, 2, 0], [2, 0, 1], [0, 2, 1], [0, 0, 0]])
    func placesAnyPermutation(_ order: [Int]) throws {
        let folder = try TemporaryFolder()
        let files = try (0..<3).map {
            try openDescriptor(try folder.file("f\($0)", "\($0)"), flags: O_RDONLY).shared()
        }
        let targets = files.map(\.raw)
        // dash takes no descriptor of two digits after "<&", so /proc names them.
        let script = targets.map { "cat /proc/self/fd/\($0)" }.joined(separator: ";")
        let output = try run(["/bin/sh", "-c", script]) { launch in
            for (position, target) in targets.enumerated() {
                launch.descriptors.append((files[order[position]].raw, target))
            }
        }
        #expect(output.text == order.map(String.init).joined())
    }

    @Test func keepsADescriptorThatStaysInPlace() throws {
        let folder = try TemporaryFolder()
        let file = try openDescriptor(try folder.file("x", "kept"), flags: O_RDONLY).shared()
        let output = try run(["/bin/sh", "-c", "cat /proc/self/fd/\(file.raw)"]) {
            $0.descriptors.append((file.raw, file.raw))
        }
        #expect(output.text == "kept")
    }

    @Test func runsWithoutAnyDescriptor() throws {
        let status = try run(["/bin/sh", "-c", "[ -e /proc/$$/fd/0 ] || exit 3"]) { $0.descriptors = [] }
            .status
        #expect(status == .exited(3))
    }
}
