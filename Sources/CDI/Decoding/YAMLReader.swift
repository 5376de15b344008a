internal import CYAML
import OCI

/// Reads a YAML document, or a JSON one, which is YAML too, within limits.
///
/// What CDI files have no use for is refused, as it is how a small file becomes a large value or says different things
/// to different readers: anchors and aliases, tags, several documents, keys that are there twice.
struct YAMLReader {
    /// Why a document is refused.
    struct Refusal: Error, Equatable {
        var reason: String
    }

    /// A list or map that has been entered and not left.
    private struct Container {
        var isMap: Bool
        var items: [YAMLNode] = []
        var entries: [YAMLNode.Entry] = []
        var keys: Set<String> = []
        var key: String?

        var count: Int { isMap ? entries.count : items.count }
        var node: YAMLNode { isMap ? .map(entries) : .list(items) }
    }

    private let limits: DocumentLimits
    private var open: [Container] = []
    private var values = 0
    private var root: YAMLNode?
    private var documents = 0
    private var isAtEnd = false
    private var line = 0

    private init(_ limits: DocumentLimits) {
        self.limits = limits
    }

    /// The one document that `bytes` are.
    static func read(_ bytes: [UInt8], limits: DocumentLimits) throws(Refusal) -> YAMLNode {
        guard bytes.count <= limits.size else {
            throw Refusal(reason: "it has more than \(limits.size) bytes")
        }
        var parser = yaml_parser_t()
        guard yaml_parser_initialize(&parser) != 0 else {
            throw Refusal(reason: "there is no memory to read it")
        }
        defer { yaml_parser_delete(&parser) }
        // Other encodings are for whoever wants to show two readers two documents.
        yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
        var reader = YAMLReader(limits)
        return try bytes.withUnsafeBufferPointer { (buffer) throws(Refusal) in
            yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
            while !reader.isAtEnd {
                var event = yaml_event_t()
                guard yaml_parser_parse(&parser, &event) != 0 else {
                    throw Refusal(
                        reason: "line \(parser.problem_mark.line &+ 1) is neither JSON nor YAML")
                }
                defer { yaml_event_delete(&event) }
                try reader.take(event)
            }
            guard let root = reader.root else { throw Refusal(reason: "it is empty") }
            return root
        }
    }

    private mutating func take(_ event: yaml_event_t) throws(Refusal) {
        line = Int(clamping: event.start_mark.line) &+ 1
        switch event.type {
        case YAML_STREAM_END_EVENT: isAtEnd = true
        case YAML_DOCUMENT_START_EVENT:
            documents += 1
            guard documents == 1 else { throw refusal("begins a second document") }
        case YAML_ALIAS_EVENT: throw refusal("has an alias")
        case YAML_SCALAR_EVENT: try scalar(event)
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            try enter(Container(isMap: false), start.anchor, start.tag)
        case YAML_MAPPING_START_EVENT:
            let start = event.data.mapping_start
            try enter(Container(isMap: true), start.anchor, start.tag)
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
            if let closed = open.popLast() { try add(closed.node) }
        default: break
        }
    }

    private mutating func scalar(_ event: yaml_event_t) throws(Refusal) {
        let scalar = event.data.scalar
        try count(scalar.anchor, scalar.tag)
        let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
        guard !bytes.contains(0) else { throw refusal("holds a NUL character") }
        let text = String(decoding: bytes, as: UTF8.self)
        if let top = open.indices.last, open[top].isMap, open[top].key == nil {
            guard open[top].keys.insert(text).inserted else {
                throw refusal("has the key \(excerpt(text)) for the second time")
            }
            open[top].key = text
        } else {
            try add(.scalar(text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE))
        }
    }

    private mutating func enter(
        _ container: Container, _ anchor: UnsafeMutablePointer<UInt8>?, _ tag: UnsafeMutablePointer<UInt8>?
    ) throws(Refusal) {
        try count(anchor, tag)
        if let top = open.last, top.isMap, top.key == nil { throw refusal("has a key that is no text") }
        guard open.count < limits.depth else {
            throw refusal("is nested more than \(limits.depth) levels deep")
        }
        open.append(container)
    }

    private mutating func count(
        _ anchor: UnsafeMutablePointer<UInt8>?, _ tag: UnsafeMutablePointer<UInt8>?
    ) throws(Refusal) {
        guard anchor == nil else { throw refusal("has an anchor") }
        guard tag == nil else { throw refusal("has a tag") }
        values += 1
        guard values <= limits.values else { throw refusal("holds one of more than \(limits.values) values") }
    }

    /// Puts a complete value where it belongs.
    private mutating func add(_ node: YAMLNode) throws(Refusal) {
        guard let top = open.indices.last else {
            root = node
            return
        }
        guard open[top].count < limits.members else {
            throw refusal("is in a list or map of more than \(limits.members)")
        }
        if !open[top].isMap {
            open[top].items.append(node)
        } else if let key = open[top].key {
            open[top].entries.append(YAMLNode.Entry(key: key, value: node))
            open[top].key = nil
        }
    }

    private func refusal(_ reason: String) -> Refusal { Refusal(reason: "line \(line) \(reason)") }
}
