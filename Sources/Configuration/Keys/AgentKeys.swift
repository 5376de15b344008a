/// Keys of `[agent.kata]`.
extension ConfigurationKey {
    static let dialTimeout = ConfigurationKey(
        "dial_timeout", [.agent], .integer(1...3600), .integer(45),
        "How long the guest may take to start and its agent to answer, in seconds.")

    static let debugConsole = ConfigurationKey(
        "debug_console_enabled", [.agent], .flag, .flag(false),
        "Let `swiftlet console <sandbox>` open a root shell in the guest, on vsock port 1026: the guest's own shell, "
            + "which an initrd has only if it was built with one (`scripts/guest/build --shell`)."
    )

    static let kernelModules = ConfigurationKey(
        "kernel_modules", [.agent], .lines, .list([]),
        "Modules that the agent loads when the sandbox starts, each with its parameters behind it. Kata's agent "
            + "does; the one of this project loads none and refuses the sandbox.")

    static let agentDebug = ConfigurationKey(
        "enable_debug", [.agent], .flag, .flag(false),
        "More words from the agent.")

    static let agentKeys: [ConfigurationKey] = [dialTimeout, debugConsole, kernelModules, agentDebug]
}
