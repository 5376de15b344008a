import Glibc
import Linux
import Testing

/// A child dies with its parent, at any user and in any pid namespace.
@Suite(.serialized, .enabled(if: isRoot, "needs root"))
struct SpawnDeathTests {
    @Test(arguments: [false, true])
    func diesWithTheThreadThatMadeIt(_ inPidNamespace: Bool) throws {
        let pids = try spawnOnAThreadThatEnds { launch in
            launch.identity = .init(uid: 65534, gid: 65534)
            launch.boundingCapabilities = []
            launch.parentDeathSignal = SIGKILL
            if inPidNamespace { launch.newNamespaces = [.pid] }
        }
        #expect(try waitUntilExit(of: pids) == .signaled(SIGKILL))
    }

    @Test func outlivesItsParentWithoutASignal() throws {
        let pid = try spawnOnAThreadThatEnds { $0.parentDeathSignal = nil }
        usleep(100_000)
        #expect(try waitid(pid) == nil)
        kill(pid, SIGTERM)
        #expect(try waitUntilExit(of: pid) == .signaled(SIGTERM))
    }

    /// A thread stands for the parent: the kernel sends the signal when the thread that made the child ends,
    /// and a process ends with its threads.
    private func spawnOnAThreadThatEnds(_ change: (inout ChildLaunch) -> Void) throws -> pid_t {
        let null = try openDescriptor("/dev/null", flags: O_RDWR).shared()
        var launch = ChildLaunch(
            executable: "/bin/sleep", arguments: ["sleep", "60"],
            descriptors: [(null.raw, 0), (null.raw, 1), (null.raw, 2)])
        change(&launch)
        let job = Job(launch)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { raw in
                guard let raw else { return nil }
                let job = Unmanaged<Job>.fromOpaque(raw).takeUnretainedValue()
                job.result = Result { try spawn(job.launch).pid }
                return nil
            }, Unmanaged.passUnretained(job).toOpaque())
        guard code == 0 else { throw Errno(rawValue: code) }
        pthread_join(thread, nil)
        guard let result = job.result else { throw Errno.EIO }
        return try result.get()
    }

    private final class Job {
        let launch: ChildLaunch
        var result: Result<pid_t, any Error>?
        init(_ launch: ChildLaunch) { self.launch = launch }
    }
}
