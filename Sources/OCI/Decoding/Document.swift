import FoundationEssentials
package import RuntimeErrors

/// Reading and writing of the JSON documents that a runtime is given: `config.json`, the process of an
/// exec, the resources of an update.
///
/// What is read is hostile until proven otherwise: a document is bounded in size, depth and width, a name
/// that is there twice and a NUL character are refused, whole numbers must fit the width of their field,
/// and every error names the field.
package struct Document: Sendable {
    /// What the document is called in messages, such as the path of `config.json`.
    package var name: String
    package var bytes: [UInt8]
    package var limits = DocumentLimits()

    package init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    /// The specification that the document holds; only its form is checked (`SpecValidator` does the rest).
    ///
    /// - Throws: `RuntimeError` with `.invalidArgument`.
    package func spec() throws(RuntimeError) -> Spec { try decode(Spec.self) }

    /// The process that the document holds.
    ///
    /// - Throws: `RuntimeError` with `.invalidArgument`.
    package func process() throws(RuntimeError) -> Process { try decode(Process.self) }

    /// The resources that the document holds.
    ///
    /// - Throws: `RuntimeError` with `.invalidArgument`.
    package func resources() throws(RuntimeError) -> Resources { try decode(Resources.self) }

    private func decode<Value: Decodable>(_ type: Value.Type) throws(RuntimeError) -> Value {
        do throws(DocumentGuard.Refusal) {
            try DocumentGuard.check(bytes, limits: limits)
        } catch {
            throw invalid(error.path, error.reason)
        }
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            let (path, reason) = explain(error)
            throw invalid(path, reason)
        } catch {
            throw invalid(FieldPath(), "it is not JSON")
        }
    }

    private func invalid(_ path: FieldPath, _ reason: String) -> RuntimeError {
        let subject = path.steps.isEmpty ? reason : "field '\(path)' \(reason)"
        return RuntimeError(
            .invalidArgument,
            "can't read \(excerpt(name, limit: 200)): \(subject); give a document of the OCI runtime specification"
        )
    }

    /// The field and the sentence for an error of the decoder.
    private func explain(_ error: DecodingError) -> (FieldPath, String) {
        switch error {
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            return (FieldPath(context.codingPath), "is not \(Self.noun(type))")
        case .keyNotFound(let key, let context):
            return (FieldPath(context.codingPath + [key]), "is missing")
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            return (FieldPath(), "it is not JSON")
        case .dataCorrupted(let context):
            return (FieldPath(context.codingPath), "holds a value that does not fit it")
        @unknown default:
            return (FieldPath(), "it is not JSON")
        }
    }

    /// What a value of a type is called in a message.
    private static func noun(_ type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "true or false"
        case let integer as any FixedWidthInteger.Type: range(of: integer)
        case is any ListMarker.Type, is [Any].Type: "a list"
        default: "an object"
        }
    }

    private static func range(of integer: any FixedWidthInteger.Type) -> String {
        func text<Integer: FixedWidthInteger>(_ type: Integer.Type) -> String {
            "a whole number from \(Integer.min) to \(Integer.max)"
        }
        return text(integer)
    }
}

private protocol ListMarker {}
extension Array: ListMarker {}
