package import Linux
package import Configuration
package import Hypervisor
package import Logging
package import LoopSupport

/// What a sandbox is given by the program it runs in.
package struct SandboxEnvironment: Sendable {
    /// The event loop that everything runs on.
    package var loop: MainLoop
    /// Who sees the ends of child processes.
    package var children: any ChildWatcher
    /// The thread for effects that block.
    package var effects: EffectThread
    /// Where the host's trees are.
    package var roots: HostRoots
    /// Makes the virtual machine monitor that a configuration names.
    package var makeMonitor: @Sendable (RuntimeConfiguration) throws -> any VirtualMachineMonitor
    /// Where events go.
    package var events: any SandboxEventSink
    /// Where log lines go.
    package var logger: Logger

    /// Makes an environment; see the properties.
    package init(
        loop: MainLoop, children: any ChildWatcher, effects: EffectThread, roots: HostRoots,
        makeMonitor: @escaping @Sendable (RuntimeConfiguration) throws -> any VirtualMachineMonitor,
        events: any SandboxEventSink, logger: Logger
    ) {
        self.loop = loop
        self.children = children
        self.effects = effects
        self.roots = roots
        self.makeMonitor = makeMonitor
        self.events = events
        self.logger = logger
    }
}
