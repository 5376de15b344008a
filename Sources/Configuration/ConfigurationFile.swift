import Glibc
import RuntimeErrors

/// Reading of configuration files, which decide what root runs: only from regular files that nobody else
/// may write, and never more than a bounded number of bytes.
enum ConfigurationFile {
    /// The most drop-in files that are read.
    private static let mostDropIns = 256

    static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// The text of a file.
    static func read(_ path: String) throws(RuntimeError) -> String {
        // Not blocking, so that a FIFO in the file's place is seen and not waited for.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else {
            let code: RuntimeError.Code = errno == ENOENT ? .notFound : .invalidArgument
            throw failure(path, "\(reason(errno)); make it readable or name another", code)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(path, reason(errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw failure(path, "it is no regular file; name a file")
        }
        guard status.st_mode & S_IWOTH == 0 else {
            throw failure(path, "everyone may write it; take that right away with chmod o-w")
        }
        let bytes = try contents(descriptor, path)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw failure(path, "it is not UTF-8 text; correct it")
        }
        return text
    }

    private static func contents(_ descriptor: CInt, _ path: String) throws(RuntimeError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(path, reason(errno)) }
            if count == 0 { return bytes }
            bytes += chunk.prefix(count)
            guard bytes.count <= TOMLDocument.largest else {
                throw failure(path, "it has more than \(TOMLDocument.largest) bytes; shorten it")
            }
        }
    }

    /// The files `config.d/*.toml` beside a file, in the order of their names as bytes.
    static func dropIns(beside file: String) throws(RuntimeError) -> [String] {
        let folder =
            file.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            .joined(separator: "/") + "/config.d"
        guard let stream = opendir(folder) else {
            if errno == ENOENT { return [] }
            throw failure(folder, "\(reason(errno)); make it a readable folder or remove it")
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".toml"), !name.hasPrefix(".") { names.append(name) }
        }
        guard names.count <= mostDropIns else {
            throw failure(folder, "it has \(names.count) files; keep at most \(mostDropIns)")
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { "\(folder)/\($0)" }
    }

    private static func failure(
        _ path: String, _ text: String, _ code: RuntimeError.Code = .invalidArgument
    ) -> RuntimeError {
        RuntimeError(code, "can't read the configuration '\(oneLine(path))': \(text)")
    }

    private static func reason(_ error: CInt) -> String {
        strerror(error).map { String(cString: $0).lowercased() } ?? "error \(error)"
    }
}
