/// The text of one configuration file, or of a configuration that came with the request.
package struct ConfigurationText: Sendable, Equatable {
    /// The file's path, or what the text is called in messages.
    package var name: String
    package var text: String

    package init(name: String, text: String) {
        self.name = name
        self.text = text
    }
}
