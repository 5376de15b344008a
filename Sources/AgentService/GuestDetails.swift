import AgentProtocol
import Glibc
import Linux

/// What the agent is and can do.
enum GuestDetails {
    static let version = "0.1.0"

    static func response(to request: AgentGuestDetailsRequest) -> AgentGuestDetailsResponse {
        var response = AgentGuestDetailsResponse()
        if request.memBlockSize { response.memBlockSizeBytes = memoryBlockSize() ?? 0 }
        if request.memHotplugProbe {
            response.supportMemHotplugProbe = access("/sys/devices/system/memory/probe", F_OK) == 0
        }
        response.agentDetails.version = version
        response.agentDetails.initDaemon = getpid() == 1
        response.agentDetails.deviceHandlers = DeviceRequest.Kind.allCases.map(\.rawValue)
        response.agentDetails.storageHandlers = ["virtio-fs", "ephemeral"]
        response.agentDetails.supportsSeccomp = true
        return response
    }

    /// In bytes; the kernel writes it in base 16.
    private static func memoryBlockSize() -> UInt64? {
        guard
            let file = try? openDescriptor("/sys/devices/system/memory/block_size_bytes", flags: O_RDONLY),
            let bytes = try? readAll(file.raw, limit: 64)
        else { return nil }
        let digits = bytes.prefix { $0 != UInt8(ascii: "\n") }
        return UInt64(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
