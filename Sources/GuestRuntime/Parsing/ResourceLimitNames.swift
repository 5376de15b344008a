package import RuntimeErrors

extension LimitPlan {
    /// The number of a limit by its name (`RLIMIT_NOFILE`), as on Linux.
    ///
    /// - Throws: `invalidArgument` for a name that is none.
    package static func resource(named name: String) throws(RuntimeError) -> Int32 {
        let names = [
            "CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE", "MEMLOCK", "AS", "LOCKS",
            "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO", "RTTIME",
        ]
        guard let number = names.firstIndex(where: { name == "RLIMIT_\($0)" }) else {
            throw RuntimeError(.invalidArgument, "can't set the limit '\(name)': no limit has this name")
        }
        return Int32(number)
    }
}
