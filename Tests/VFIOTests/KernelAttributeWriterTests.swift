import FakeHost
import Glibc
import Linux
import Testing
import VFIO

@Suite struct KernelAttributeWriterTests {
    @Test func theTextArrivesAndTheErrorIsTheKernels() throws {
        let host = try FakeHost()
        let path = "\(host.roots.sys)/attribute"
        try host.write("", to: path)
        try KernelAttributeWriter().write("vfio-pci", to: path)
        #expect(try host.read(path) == "vfio-pci")
        #expect(throws: Errno.ENOENT) { try KernelAttributeWriter().write("x", to: "\(path)s") }
        #expect(throws: Errno.EISDIR) { try KernelAttributeWriter().write("x", to: host.roots.sys) }
        #expect(throws: Errno.EINVAL) { try KernelAttributeWriter().write("x", to: "\(path)\0y") }
        // The last part of the path is never a link.
        try host.link("\(path)-link", to: path)
        #expect(throws: Errno.ELOOP) { try KernelAttributeWriter().write("x", to: "\(path)-link") }
    }

    /// Faults 30: a write that never comes back, here for want of a reader, ends with its child.
    @Test func aWriteThatHangsIsGivenUp() throws {
        let host = try FakeHost()
        let path = "\(host.roots.sys)/attribute"
        try host.makeFolder(host.roots.sys)
        try checkedErrno { mkfifo(path, 0o600) }
        let start = ContinuousClock.now
        #expect(throws: Errno.ETIMEDOUT) {
            try KernelAttributeWriter(limit: .milliseconds(100)).write("0000:65:00.0", to: path)
        }
        #expect(.now - start < .seconds(5))
        // The child is gone: nobody writes to the FIFO when a reader comes at last.
        let reader = try openDescriptor(path, flags: O_RDONLY | O_NONBLOCK)
        usleep(50_000)
        #expect(try readAll(reader.raw, limit: 100).isEmpty)
    }
}
