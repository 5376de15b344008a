import Foundation

/// A program that stands in for QEMU and misbehaves as it is told.
enum StubMonitor {
    /// The greeting and a good answer to each command, until `quit`.
    static let polite = """
        client, _ = listener.accept()
        client.sendall(b'{"QMP": {"version": {"qemu": {"micro": 2, "minor": 0, "major": 10}}, "capabilities": []}}\\r\\n')
        for line in client.makefile("rb"):
            request = json.loads(line)
            name = request["execute"]
            answer = {"running": True, "status": "running"} if name == "query-status" else {}
            client.sendall(json.dumps({"return": answer, "id": request["id"]}).encode() + b"\\r\\n")
            behave(name, client)
        """

    /// Writes a script with `body` into a folder and returns its path. In it, `listener` is the control
    /// socket and `console` the console; `behave(name, client)` is called after each answer.
    static func make(in folder: TestFolder, _ body: String, behave: String = "pass") throws -> String {
        let behaviour = behave.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
        let script = """
            #!/usr/bin/python3
            import json, os, signal, socket, sys, time
            listener = socket.socket(fileno=3)
            listener.setblocking(True)
            console = socket.socket(fileno=4)
            def behave(name, client):
            \(behaviour)
            \(body)
            """
        let path = folder.path + "/stub"
        try script.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }
}
