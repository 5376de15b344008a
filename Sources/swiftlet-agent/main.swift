import AgentService
import Glibc
import GuestRuntime
import LoopSupport
import RuntimeErrors

// One binary with two names: the launcher is executed for each process of a container, and as another program so
// that it starts with a clean slate.
if CommandLine.arguments.first.map({ $0.hasSuffix(Launcher.programName) }) == true {
    exit(Launcher.main())
}
exit(AgentProgram.main(CommandLine.arguments))
