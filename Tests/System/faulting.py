"""Lives of stubbed sandboxes in which a system call fails, by strace: the Nth of its kind, or all from the Nth on."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

from lab.leaks import Snapshot, leaks_since
from lab.ttrpc import RemoteError
from stubbed import Stubbed, StubbedShim

PATIENCE = 5.0
#: longer than the deadlines within a life, one after the other
HANG = 75.0
#: longer than any one of them: a call to the agent has 30 seconds
SLOW = 40.0
#: signals by which a program ends that has gone wrong, and not been killed
TRAPS = re.compile(r"\+\+\+ killed by (SIGILL|SIGTRAP|SIGABRT|SIGSEGV|SIGBUS|SIGFPE|SIGPIPE)")


def end(tracer: subprocess.Popen, number: int) -> None:
    """Ends strace, which may wait for ever for a process that ended at the very moment of the signal."""
    tracer.send_signal(number)
    try:
        tracer.wait(15)
    except subprocess.TimeoutExpired:
        tracer.kill()
        tracer.wait()


class Faulting:
    """One life after the other, each with another fault."""

    def __init__(self, lab):
        self.lab = lab
        self.stubbed = Stubbed(lab)
        self.stubbed.configure(**{"agent.kata": {"dial_timeout": 5}, "runtime": {"create_container_timeout": 5}})
        self.before = Snapshot.take(lab.containerd)
        self.trace = lab.folder / "trace"
        self.runs = 0

    def _strace(self, call: str, error: str, when: str) -> list[str]:
        # Children are followed until they execute another program: what runs between fork and exec is ours.
        options = ["-f", "-b", "execve", "-qq", "-o", str(self.trace), "-e", f"trace={call}", "-e", "signal=none"]
        return ["strace", *options, "-e", f"inject={call}:error={error}:when={when}"]

    def _attach(self, pid: int, *fault: str) -> subprocess.Popen:
        self.trace.unlink(missing_ok=True)
        tracer = subprocess.Popen([*self._strace(*fault), "-p", str(pid)], stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not all(self._is_traced(task) for task in Path(f"/proc/{pid}/task").iterdir()):
            assert time.monotonic() < deadline and tracer.poll() is None, "strace did not attach"
            time.sleep(0.005)
        return tracer

    @staticmethod
    def _is_traced(task: Path) -> bool:
        try:
            return "TracerPid:\t0\n" not in (task / "status").read_text()
        except OSError:
            return True  # the thread has ended

    def life(self, call: str, error: str, when: str) -> tuple[bool, list[str]]:
        """A life of a shim that serves; gives whether a call failed, and what went wrong."""
        shim = self.stubbed.shim()
        client = shim.begin()
        tracer = self._attach(shim.pid, call, error, when)
        client.close()
        problems, begin = [], time.monotonic()
        try:
            client = shim.client(HANG)
            try:
                shim.create_and_start(client)
                shim.end(client)
            except RemoteError as failure:
                # A call that fails says one thing in one line.
                if not failure.message.startswith(("can't ", "the connection")) or "\n" in failure.message:
                    problems.append(f"no clear error: {failure.message!r}")
            finally:
                client.close()
        except TimeoutError:
            problems.append(f"no answer within {HANG} s")
        except OSError:
            pass  # a shim that has left answers nothing
        took = time.monotonic() - begin
        end(tracer, signal.SIGINT)
        return self._judge(shim, problems, took)

    def verb(self, verb: str, call: str, error: str, when: str) -> tuple[bool, list[str]]:
        """The verb `start`, or `delete` of a sandbox whose shim was killed, under the fault."""
        shim = self.stubbed.shim()
        if verb == "delete":
            shim.create_and_start(shim.begin())
            os.kill(shim.pid, signal.SIGKILL)
        self.trace.unlink(missing_ok=True)
        shim.prefix = self._strace(call, error, when)
        problems, begin = [], time.monotonic()
        try:
            done = shim.start() if verb == "start" else shim.delete()
            # Who can't write can't say why.
            said = len(done.stderr.splitlines())
            if said > 1 or (done.returncode != 0 and said == 0 and call != "write"):
                problems.append(f"no clear error: {done.returncode} {done.stderr!r}")
        finally:
            shim.prefix = []
        return self._judge(shim, problems, time.monotonic() - begin)

    def _judge(self, shim: StubbedShim, problems: list[str], took: float) -> tuple[bool, list[str]]:
        self.runs += 1
        trace = self.trace.read_text(errors="replace") if self.trace.exists() else ""
        problems += [f"a trap: {line}" for line in trace.splitlines() if TRAPS.search(line)]
        if not problems and took > SLOW:
            problems.append(f"it took {took:.0f} s")
        problems += shim.abandon()
        if left := leaks_since(self.before, self.lab.containerd, PATIENCE):
            problems.append(f"left:\n{left}")
            self.lab.scrub()
            self.before = Snapshot.take(self.lab.containerd)
        return "(INJECTED)" in trace, problems

    def sweep(self, run, call: str, error: str, numbers, forms=("", "+")) -> list[str]:
        """Faults at each of the numbers until a run sees none; gives what went wrong."""
        found = []
        for form in forms:
            seen = 0
            for number in numbers:
                injected, problems = run(call, error, f"{number}{form}")
                found += [f"{call} {error} at {number}{form}: {problem}" for problem in problems]
                if not injected:
                    break
                seen += 1
            print(f"{call} {error} {form or 'once'}: {seen} faults")
        return found
