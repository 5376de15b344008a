import Glibc
import Linux
import RuntimeErrors

/// Finds the file that a command means, as the process's own user, with the wording that users of containers know.
///
/// - Throws: `invalidArgument`: `exec: "x": executable file not found in $PATH` and its kin.
func findExecutable(_ command: String, environment: [String]) throws -> String {
    if command.utf8.contains(UInt8(ascii: "/")) {
        if let problem = executableProblem(command) { throw refusal(command, problem) }
        return command
    }
    let path = environment.last { $0.hasPrefix("PATH=") }?.dropFirst(5) ?? ""
    for folder in path.split(separator: ":", omittingEmptySubsequences: false) {
        let candidate = folder.isEmpty ? "./" + command : "\(folder)/\(command)"
        guard executableProblem(candidate) == nil else { continue }
        guard candidate.utf8.first == UInt8(ascii: "/") else {
            throw refusal(command, "cannot run executable found relative to current directory")
        }
        return candidate
    }
    throw refusal(command, "executable file not found in $PATH")
}

/// Why `path` can't be executed, or nil.
private func executableProblem(_ path: String) -> String? {
    var status = stat()
    do {
        try checkedErrno { stat(path, &status) }
    } catch {
        return "stat \(path): \(error)"
    }
    if status.st_mode & S_IFMT == S_IFDIR { return "is a directory" }
    do {
        try checkedErrno { faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) }
    } catch {
        return "\(error)"
    }
    return nil
}

private func refusal(_ command: String, _ reason: String) -> RuntimeError {
    RuntimeError(.invalidArgument, "exec: \"\(command)\": \(reason)")
}
