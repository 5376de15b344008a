import Hypervisor
import Logging
import LoopSupport
import NIOCore

/// Writes the lines of the guest's console to the log, a bounded number of them.
///
/// The guest decides what it says and how often: what exceeds the rate is counted and not kept, and the log's
/// own form escapes what a line holds.
final class ConsoleRelay: Sendable {
    /// Lines that may come at once, such as those of a panic.
    static let burst = 200
    /// Lines per second in the long run.
    static let linesPerSecond = 20

    private let state: NIOLoopBound<State>
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let kernelLevel: Logger.Level

    /// Makes a relay; call it on the loop.
    ///
    /// - Parameter isQuiet: whether the guest's kernel was told to be quiet, so that what it says all the same is
    ///   an error at least.
    init(sandbox: String, isQuiet: Bool, to logger: Logger, on loop: MainLoop) {
        var logger = logger
        logger[metadataKey: "sandbox"] = "\(sandbox)"
        self.logger = logger
        kernelLevel = isQuiet ? .error : .info
        eventLoop = loop.eventLoop
        state = NIOLoopBound(State(), eventLoop: loop.eventLoop)
    }

    /// Takes a line of the console; on the loop.
    func hear(_ line: ConsoleLine) {
        let state = state.value
        state.refill(at: .now())
        guard state.tokens >= 1 else {
            state.lost += 1
            if state.lost == 1 { tellOfLossSoon() }
            return
        }
        state.tokens -= 1
        let said = GuestWords(line.text, kernelLevel: kernelLevel)
        var metadata: Logger.Metadata = ["source": "\(said.source.rawValue)", "line": "\(said.text)"]
        if line.bytesLeftOut > 0 { metadata["bytes_left_out"] = "\(line.bytesLeftOut)" }
        logger.log(level: said.level, "guest console", metadata: metadata)
    }

    private func tellOfLossSoon() {
        let (state, logger) = (state, logger)
        eventLoop.scheduleTask(in: .seconds(1)) {
            logger.warning(
                "lines of the guest console left out", metadata: ["count": "\(state.value.lost)"])
            state.value.lost = 0
        }
    }

    private final class State {
        var tokens = Double(ConsoleRelay.burst)
        /// Lines that were not written and not yet told of.
        var lost = 0
        private var last = NIODeadline.now()

        func refill(at now: NIODeadline) {
            let seconds = Double((now - last).nanoseconds) / 1e9
            last = now
            tokens = min(Double(ConsoleRelay.burst), tokens + seconds * Double(ConsoleRelay.linesPerSecond))
        }
    }
}
