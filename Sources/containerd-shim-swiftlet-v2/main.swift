import Configuration
import Glibc
import QEMU
import RuntimeErrors
import ShimService

// Wiring only: which monitor a configuration means.
exit(
    ShimProgram.run(arguments: CommandLine.arguments) { configuration, loop, children in
        switch configuration.hypervisor.monitor {
        case .qemu:
            return QEMUMonitor(loop: loop, children: children)
        case .cloudHypervisor:
            throw RuntimeError(
                .unimplemented,
                "can't run Cloud Hypervisor: this release only plans for it; use [hypervisor.qemu] in '\(configuration.files.first ?? "the configuration")'"
            )
        }
    })
