/// Why a text is not TOML.
struct TOMLSyntaxError: Error, Equatable {
    var line: Int
    var reason: String
}
