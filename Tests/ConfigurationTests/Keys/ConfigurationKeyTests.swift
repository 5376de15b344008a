import Configuration
import Foundation
import Testing

@Suite struct ConfigurationKeyTests {
    /// Rewrites what is made from the table when asked to, compares otherwise.
    private func compare(_ text: String, with file: URL, _ expected: (String) -> String?) throws {
        let present = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        let wanted = try #require(expected(present), "\(file.lastPathComponent) has no place for the text")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try wanted.write(to: file, atomically: true, encoding: .utf8)
        } else {
            #expect(
                present == wanted, "\(file.lastPathComponent) is not what the keys make; run `make golden`")
        }
    }

    @Test func theExampleFileIsMadeFromTheKeys() throws {
        let file = repository.appendingPathComponent("configuration.toml.example")
        try compare(ReferenceText.example, with: file) { _ in ReferenceText.example }
    }

    @Test func theReferenceIsMadeFromTheKeys() throws {
        let file = repository.appendingPathComponent("docs/configuration.md")
        try compare(ReferenceText.tables, with: file) { present in
            guard let start = present.range(of: "<!-- keys -->\n"),
                let end = present.range(of: "<!-- end -->")
            else { return nil }
            return present[..<start.upperBound] + ReferenceText.tables + "\n" + present[end.lowerBound...]
        }
    }

    @Test func theExampleIsReadAndSaysTheDefaults() throws {
        let example = try configuration(ReferenceText.example)
        let empty = try configuration("[hypervisor.qemu]")
        #expect(example.hypervisor == empty.hypervisor)
        #expect(example.warnings == [])
        #expect(example.dialTimeout == empty.dialTimeout)
        #expect(example.guestSeccomp)
    }

    @Test func theExampleHasEveryKeyOfItsSection() {
        let names = ReferenceText.example.split(separator: "\n").compactMap { line -> String? in
            let parts = line.split(separator: " ")
            guard parts.count >= 3, parts[1] == "=" else { return nil }
            return String(parts[0].drop { $0 == "#" })
        }
        let sections: [ConfigurationKey.Section] = [.qemu, .agent, .runtime, .cloudHypervisor]
        #expect(
            names
                == sections.flatMap { section in
                    ConfigurationKey.all.filter { $0.sections.contains(section) }.map(\.name)
                })
    }

    @Test func theOtherMonitorsSectionIsReadOnceItsCommentsGo() throws {
        let lines = ReferenceText.example.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex(of: "#[hypervisor.clh]"))
        let text = lines[start...].map { $0.drop { $0 == "#" } }.filter { !$0.hasPrefix("image") }
            .joined(separator: "\n")
        let read = try configuration(text)
        #expect(read.hypervisor.monitor == .cloudHypervisor)
        #expect(read.hypervisor.path == "/usr/bin/cloud-hypervisor")
    }

    @Test func namesAreUniqueInASection() {
        for section in ConfigurationKey.Section.allCases {
            let keys = ConfigurationKey.all.filter { $0.sections.contains(section) }
            let names =
                keys.flatMap { [$0.name] + $0.aliases } + ForeignKey.all(in: section.group).map(\.name)
            #expect(Set(names).count == names.count, "\(section.rawValue)")
        }
    }

    /// Faults of class F: annotations are numbers, flags or words of a list; no key that names a file, and
    /// none that takes free text.
    @Test func noAnnotationIsAPathOrFreeText() {
        for key in ConfigurationKey.all where key.isAnnotation {
            switch key.type {
            case .flag, .integer, .processors, .choice: break
            case .path, .line, .lines: Issue.record("\(key.name) takes free text")
            }
        }
        let never = [
            "path", "kernel", "initrd", "image", "kernel_params", "virtio_fs_extra_args", "firmware",
        ]
        #expect(ConfigurationKey.all.allSatisfy { !never.contains($0.name) || !$0.isAnnotation })
    }

    @Test func everyDefaultIsOfItsType() throws {
        for key in ConfigurationKey.all {
            guard let fallback = key.fallback, let section = key.sections.first else { continue }
            let monitor = section.group == "hypervisor" ? "" : "[hypervisor.qemu]\n"
            _ = try configuration("\(monitor)[\(section.rawValue)]\n\(key.name) = \(fallback.toml)\n")
        }
    }
}
