/// A machine that runs, and what is left to do for its first container.
struct BootedSandbox: Sendable {
    let machine: SandboxMachine
    let first: ContainerPreparation
}
