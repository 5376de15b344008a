/// Where a process's standard streams go on the host: paths or URIs as containerd gives them; empty for none.
package struct StdioPaths: Sendable, Equatable {
    package var stdin: String
    package var stdout: String
    package var stderr: String
    package var terminal: Bool

    package init(stdin: String, stdout: String, stderr: String, terminal: Bool) {
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.terminal = terminal
    }
}
