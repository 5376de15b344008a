import FakeHost
import FoundationEssentials
import Glibc
import Linux
import Testing
import VFIO

/// Every write of a bind and a restore of several functions fails once, and is once the last thing that the process
/// lives to see; then the host is as it was, byte for byte.
@Suite struct FaultInjectionTests {
    /// Writes of a clean run over the standard host; new ways to write may only add to them.
    static let floor = 23

    @Test func aCleanRunPutsEverythingBack() throws {
        let host = try FakeHost.standard()
        let before = try host.snapshot()
        let kernel = FakeKernel(host)
        try Self.run(host, kernel, journal: Journal())
        print("writes of a clean bind and restore: \(kernel.writes.count)")
        #expect(kernel.writes.count >= Self.floor)
        #expect(try host.snapshot() == before)
    }

    @Test(arguments: [Errno.EBUSY, .EIO, .ENODEV, .ETIMEDOUT]) func eachWriteFailsOnce(_ error: Errno) throws
    {
        for number in 1...(try Self.count()) {
            let host = try FakeHost.standard()
            let before = try host.snapshot()
            let kernel = FakeKernel(host, faults: [number: .fail(error)])
            let journal = Journal()
            try? Self.run(host, kernel, journal: journal)
            // A write that hung is left to whoever replays the journal.
            let report = host.binder(FakeKernel(host)).restore(journal.records)
            #expect(report.failures.isEmpty, "write \(number): \(report.failures)")
            #expect(try host.snapshot() == before, "write \(number), \(kernel.writes[number - 1])")
        }
    }

    @Test func theProcessIsKilledAtEachWrite() async throws {
        for number in 1...(try Self.count()) {
            let host = try FakeHost.standard()
            let scratch = try FakeHost()
            let before = try host.snapshot()
            let (prefix, file) = (host.roots.prefix, "\(scratch.roots.prefix)/journal")
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [prefix = prefix as String, file = file as String, number = number as Int] in
                let host = FakeHost(existing: prefix)
                try Self.run(host, FakeKernel(host, faults: [number: .kill]), journal: Journal(file))
            }
            let records = try Journal.read(file)
            #expect(!records.isEmpty)
            let report = host.binder(FakeKernel(host)).restore(records)
            #expect(report.failures.isEmpty, "write \(number): \(report.failures)")
            #expect(try host.snapshot() == before, "killed at write \(number)")
            // Once more changes nothing.
            let again = FakeKernel(host)
            #expect(host.binder(again).restore(records).failures.isEmpty)
            #expect(again.writes.isEmpty)
        }
    }

    private static func count() throws -> Int {
        let host = try FakeHost.standard()
        let kernel = FakeKernel(host)
        try run(host, kernel, journal: Journal())
        return kernel.writes.count
    }

    /// Binds the standard devices and gives them back.
    private static func run(_ host: FakeHost, _ kernel: FakeKernel, journal: Journal) throws {
        let binder = host.binder(kernel)
        _ = try binder.bind(try host.plan(), journal: journal.add)
        _ = binder.restore(journal.records)
    }
}

/// The records in the order of the journal, kept in a file too where one is named.
final class Journal {
    private(set) var records: [BindingRecord] = []
    private let path: String?

    init(_ path: String? = nil) { self.path = path }

    func add(_ record: BindingRecord) throws {
        records.append(record)
        guard let path else { return }
        let file = try openDescriptor(path, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        try writeAll(Array(try JSONEncoder().encode(records)), to: file.raw)
    }

    static func read(_ path: String) throws -> [BindingRecord] {
        let file = try openDescriptor(path, flags: O_RDONLY)
        return try JSONDecoder().decode(
            [BindingRecord].self, from: Data(try readAll(file.raw, limit: 1 << 20)))
    }
}
