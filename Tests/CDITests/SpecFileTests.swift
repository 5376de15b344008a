import CDI
import Testing

@Suite struct SpecFileTests {
    @Test func yamlAndJSONSayTheSame() throws {
        let yaml = """
            cdiVersion: v0.5.0
            kind: nvidia.com/gpu
            devices:
              - name: 0
                containerEdits:
                  deviceNodes:
                    - {path: /dev/a, hostPath: /dev/b, type: c, major: 0x1e, minor: 1, fileMode: 0666}
            """
        let json = spec(
            #"{"deviceNodes":[{"path":"/dev/a","hostPath":"/dev/b","type":"c","major":30,"minor":1,"fileMode":438}]}"#,
            name: "0", version: "0.5.0")
        let read = try SpecFile(path: "f", bytes: [UInt8](yaml.utf8))
        #expect(try read == SpecFile(path: "f", bytes: [UInt8](json.utf8)))
        #expect(read.devices.first?.edits.deviceNodes.first?.fileMode == 0o666)
    }

    @Test(arguments: [
        (#"{"mounts":[{"hostPath":"/a","containerPath":"/b","type":"bind"}]}"#, "0.3.0", "0.4.0"),
        (#"{"deviceNodes":[{"path":"/dev/a","hostPath":"/dev/b"}]}"#, "0.4.0", "0.5.0"),
        (#"{"additionalGids":[1]}"#, "0.6.0", "0.7.0"),
        (#"{"intelRdt":{"closID":"a"}}"#, "0.6.0", "0.7.0"),
        (#"{"intelRdt":{"schemata":["a"]}}"#, "1.0.0", "1.1.0"),
        (#"{"intelRdt":{"enableMonitoring":true}}"#, "1.0.0", "1.1.0"),
        (#"{"netDevices":[{"hostInterfaceName":"a","name":"b"}]}"#, "1.0.0", "1.1.0"),
    ])
    func fieldsNeedTheirVersion(edits: String, tooOld: String, enough: String) {
        #expect(refusal(spec(edits, version: tooOld))?.contains("needs cdiVersion \(enough)") == true)
        #expect(refusal(spec(edits, version: enough)) == nil)
    }

    @Test func namesAndKindsNeedTheirVersion() {
        let edits = #"{"env":["A=b"]}"#
        #expect(refusal(spec(edits, name: "0", version: "0.4.0"))?.contains("0.5.0") == true)
        #expect(refusal(spec(edits, version: "0.5.0", kind: "a.b/c.d"))?.contains("0.6.0") == true)
        #expect(refusal(spec(edits, version: "0.1.0")) == nil)
        #expect(
            refusal(spec(#"{"intelRdt":{"enableCMT":true}}"#, version: "1.1.0"))?.contains("1.1.0") == true)
        #expect(refusal(spec(#"{"intelRdt":{"enableCMT":true}}"#, version: "1.0.0")) == nil)
    }

    @Test(arguments: [
        (#"{"env":["A=b"],"devies":[]}"#, "field 'devices[0].containerEdits.devies' is not known"),
        (#"{"env":["=b"]}"#, "env[0]' is no entry NAME=value"), (#"{}"#, "containerEdits' is empty"),
        (#"{"env":["A=b"],"env":[]}"#, "the key 'env' for the second time"),
        (#"{"deviceNodes":[{"path":"dev"}]}"#, "not an absolute path"),
        (#"{"deviceNodes":[{"path":"/dev/../x"}]}"#, "not an absolute path"),
        ("{\"deviceNodes\":[{\"path\":\"/dev/../\u{301}x\"}]}", "not an absolute path"),
        (#"{"deviceNodes":[{"path":"/a","type":"x"}]}"#, "not b, c, u or p"),
        (#"{"deviceNodes":[{"path":"/a","permissions":"rx"}]}"#, "not letters of rwm"),
        (#"{"deviceNodes":[{"path":"/a","major":"1"}]}"#, "is not a whole number from 0 to 4095"),
        (#"{"deviceNodes":[{"path":"/a","uid":4294967296}]}"#, "is not a whole number"),
        (#"{"deviceNodes":[{"path":"/a","uid":-1}]}"#, "is not a whole number"),
        (#"{"hooks":[{"hookName":"now","path":"/a"}]}"#, "not a point"),
        (
            #"{"mounts":[{"hostPath":"../a","containerPath":"/b","options":["bind"]}]}"#,
            "not an absolute path"
        ),
        (#"{"env":["A=\u0000"]}"#, "NUL"), (#"{"env":"A=b"}"#, "is not a list"),
        (#"{"netDevices":[{"hostInterfaceName":"a/b","name":"c"}]}"#, "no name of an interface"),
    ])
    func whatIsNotTheSpecificationsRefusesTheFile(edits: String, reason: String) {
        #expect(refusal(spec(edits))?.contains(reason) == true, "\(refusal(spec(edits)) ?? "taken")")
    }

    @Test(arguments: [
        ("a: &x 1\n", "an anchor"), ("a: *x\n", "an alias"), ("a: !!str b\n", "a tag"),
        ("a: 1\n--- \nb: 1\n", "a second document"), ("a: 1\na: 2\n", "second time"), ("", "empty"),
        ("\u{0}", "neither"), ("{[a]: b}", "no text"),
        (String(repeating: "[", count: 100_000), "levels deep"),
        ("[" + String(repeating: "1,", count: 9000) + "1]", "more than 8192"),
        (String(repeating: "#", count: 3 << 20), "bytes"),
    ])
    func yamlIsBounded(text: String, reason: String) {
        #expect(refusal(text)?.contains(reason) == true, "\(refusal(text) ?? "taken")")
    }

    @Test(arguments: ["1.2.0", "2.0.0", "vv1.0.0", "1.0"])
    func otherVersionsAreRefused(version: String) {
        #expect(refusal(spec(#"{"env":["A=b"]}"#, version: version))?.contains("not a version") == true)
    }
}
