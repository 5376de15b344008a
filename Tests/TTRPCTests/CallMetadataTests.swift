import TTRPC
import Testing

@Suite struct CallMetadataTests {
    @Test func keysAreFoundWhateverTheirCase() {
        let metadata: CallMetadata = ["Containerd-Namespace-TTRPC": "k8s.io"]
        #expect(metadata["containerd-namespace-ttrpc"] == ["k8s.io"])
        #expect(metadata.first("CONTAINERD-namespace-ttrpc") == "k8s.io")
        #expect(metadata["other"].isEmpty)
        #expect(metadata.first("other") == nil)
    }

    @Test func valuesOfOneKeyKeepTheirOrder() {
        var metadata: CallMetadata = ["a": "1", "b": "2", "a": "3"]
        metadata.append("a", "4")
        #expect(metadata["a"] == ["1", "3", "4"])
        #expect(metadata.entries.map(\.value) == ["1", "2", "3", "4"])
    }

    @Test func settingReplacesAllValuesOfTheKey() {
        var metadata: CallMetadata = ["a": "1", "b": "2", "a": "3"]
        metadata["A"] = ["5", "6"]
        #expect(metadata.entries.map { "\($0.key)=\($0.value)" } == ["b=2", "a=5", "a=6"])
        metadata["a"] = []
        #expect(metadata.entries.map(\.key) == ["b"])
        #expect(!metadata.isEmpty)
    }
}
