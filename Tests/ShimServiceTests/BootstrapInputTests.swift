import ContainerdProtocol
import Foundation
import SwiftProtobuf
import Testing

@testable import ShimService

@Suite struct BootstrapInputTests {
    private func options() throws -> Google_Protobuf_Any {
        var options = RuntimeOptions()
        options.configPath = "/etc/x.toml"
        var any = Google_Protobuf_Any()
        any.typeURL = "runtimeoptions.v1.Options"
        any.value = try options.serializedData()
        return any
    }

    @Test func nothing() {
        let input = BootstrapInput([], id: "a", namespace: "n")
        #expect(!input.isBootstrapParameters)
        #expect(input.options == nil)
    }

    @Test func anyOfRuntimeOptions() throws {
        let input = BootstrapInput(try options().serializedBytes(), id: "a", namespace: "n")
        #expect(!input.isBootstrapParameters)
        #expect(try RuntimeOptions(any: input.options).configPath == "/etc/x.toml")
    }

    @Test func bootstrapParameters() throws {
        var parameters = BootstrapParams()
        parameters.instanceID = "a"
        parameters.namespace = "n"
        parameters.containerdTtrpcAddress = "/run/c.ttrpc"
        var extra = BootstrapExtension()
        extra.value = try options()
        parameters.extensions = [extra]
        let input = BootstrapInput(try parameters.serializedBytes(), id: "a", namespace: "n")
        #expect(input.isBootstrapParameters)
        #expect(input.ttrpcAddress == "/run/c.ttrpc")
        #expect(try RuntimeOptions(any: input.options).configPath == "/etc/x.toml")
    }

    @Test func parametersOfAnotherTaskAreNotTrusted() throws {
        var parameters = BootstrapParams()
        parameters.instanceID = "b"
        parameters.namespace = "n"
        let input = BootstrapInput(try parameters.serializedBytes(), id: "a", namespace: "n")
        #expect(!input.isBootstrapParameters)
    }

    @Test func optionsOfAnotherRuntimeAreIgnored() throws {
        var any = Google_Protobuf_Any()
        any.typeURL = "containerd.runc.v1.Options"
        any.value = .init([0xff, 0xff])
        #expect(try RuntimeOptions(any: any).configPath.isEmpty)
    }
}
