package import RuntimeErrors

#if DEBUG
    import Glibc
    import Synchronization
#endif

/// A place right before (or, by its name, after) an effect that others can see, at which a test can stop or kill
/// the process, make it exit, or have the effect fail.
///
/// Only debug builds know how: there `SWIFTLET_CRASH_POINTS` names a file with lines `NAME OCCURRENCE ACTION`, the
/// action one of `kill`, `stop`, `exit`, `error`. Every point passed is noted in a file of that name with `.passed`
/// behind it. In a release a point is an empty function.
package enum CrashPoint {
    #if DEBUG
        private static let plan = CrashPlan()

        /// Passes the point, or does not.
        package static func pass(_ name: StaticString) throws(RuntimeError) {
            guard let plan, let action = plan.pass("\(name)") else { return }
            switch action {
            case "kill": kill(getpid(), SIGKILL)
            case "stop": kill(getpid(), SIGSTOP)
            case "exit": exit(1)
            default: throw RuntimeError(.internalError, "can't pass crash point '\(name)': a test forbids it")
            }
        }
    #else
        /// Does nothing.
        @inlinable @inline(__always)
        package static func pass(_ name: StaticString) throws(RuntimeError) {}
    #endif
}

#if DEBUG
    /// What is to happen at which passing of which point.
    private final class CrashPlan: Sendable {
        private let actions: [String: String]
        private let passed: SharedDescriptor
        private let counts = Mutex<[String: Int]>([:])

        /// The plan that the environment names; nil without one.
        init?() {
            guard let variable = getenv("SWIFTLET_CRASH_POINTS") else { return nil }
            let path = String(cString: variable)
            let log = open(path + ".passed", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
            guard log >= 0 else { return nil }
            passed = SharedDescriptor(owning: log)
            guard let file = try? openDescriptor(path, flags: O_RDONLY),
                let bytes = try? readAll(file.raw, limit: 1 << 20)
            else { return nil }
            var actions: [String: String] = [:]
            for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
                let words = line.split(separator: " ")
                if words.count == 3 { actions["\(words[0]) \(words[1])"] = String(words[2]) }
            }
            self.actions = actions
        }

        /// Notes the passing of a point, and says what it is to bring.
        func pass(_ name: String) -> String? {
            let count = counts.withLock { counts in
                counts[name, default: 0] += 1
                return counts[name, default: 0]
            }
            let step = "\(name) \(count)"
            try? writeAll(Array("\(step)\n".utf8), to: passed.raw)
            return actions[step]
        }
    }
#endif
