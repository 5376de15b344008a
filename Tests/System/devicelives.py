"""Lives of stubbed sandboxes with devices, in which the host's answers to writes are what a test wants."""

import os
import signal

from devices import annotation
from fakehost import Fault
from lab.leaks import Snapshot, leaks_since
from lab.ttrpc import RemoteError
from stubbed import Stubbed, StubbedShim

PATIENCE = 10.0


class Lives:
    """One life after the other; each is to leave the host as it was."""

    def __init__(self, lab, *names: str):
        self.lab, self.host, self.names = lab, lab.host, names
        self.stubbed = Stubbed(lab)
        self.before = Snapshot.take(lab.containerd)

    def shim(self, *names: str, **changes) -> StubbedShim:
        """A shim of a sandbox that asks for CDI devices."""
        return self.stubbed.shim(**{"annotations": annotation(*(names or self.names))} | changes)

    def live(self, shim: StubbedShim, patience: float = 60) -> tuple[str, str]:
        """A life as far as it goes; gives the call that failed, and what it said."""
        done = shim.start()
        if done.returncode != 0:
            return "start", done.stderr
        stage = "Connect"
        try:
            client = shim.client(patience)
            try:
                stage = "Create"
                shim.create(client, shim.bundle / "rootfs", shim.stdio)
                stage = "Start"
                shim.task(client, "Start")
                stage = "end"
                shim.end(client)
                shim.shutdown(client)
            finally:
                client.close()
        except RemoteError as error:
            return stage, error.message
        except OSError as error:
            return stage, str(error)
        return "", ""

    def live_well(self, shim: StubbedShim) -> None:
        """A life in which nothing fails, and after which `delete` finds nothing to do."""
        stage, message = self.live(shim)
        assert not stage, f"{stage} failed: {message}"
        count = len(self.host.writes)
        assert shim.gone_within(PATIENCE) and not shim.delete_twice()
        assert len(self.host.writes) == count, "`delete` writes after a clean end"

    def refused(self, *names: str, **changes) -> str:
        """What Create says, which must fail and leave nothing to anybody else to clean up."""
        shim = self.shim(*names, **changes)
        stage, message = self.live(shim)
        assert stage == "Create", f"{stage or 'nothing'} failed: {message}"
        # The shim is still there, and `delete` has not been called.
        state = self.before.kinds["the fake host"]
        assert self.host.state() == state, f"after '{message}': {self.host.state() - state}"
        assert not shim.abandon()
        return message

    def clean(self) -> int:
        """A life that nobody disturbs; gives the number of its writes."""
        self.host.forget()
        self.live_well(self.shim())
        assert not self.left()
        return len(self.host.writes)

    def left(self) -> str:
        return leaks_since(self.before, self.lab.containerd, PATIENCE)

    def judge(self, what: str, shim: StubbedShim) -> list[str]:
        """Cleans up as containerd does; gives what went wrong."""
        self.host.faults.clear()
        self.host.rule = lambda write: None
        found = [f"{what}: {problem}" for problem in shim.abandon()]
        if left := self.left():
            found.append(f"{what}: left:\n{left}\nafter " + "; ".join(map(str, self.host.writes)))
            self.lab.scrub()
            self.before = Snapshot.take(self.lab.containerd)
        return found

    def sweep(self, count: int, fault: Fault, first: int = 1) -> list[str]:
        """A life for each write, which meets the fault; gives every problem."""
        problems, failed = [], 0
        for number in range(first, count + 1):
            self.host.forget()
            self.host.faults = {number: fault}
            shim = self.shim()
            stage, message = self.live(shim)
            failed += stage != ""
            what = f"{fault} at write {number}"
            if len(self.host.writes) < number:
                problems.append(f"{what}: was not reached")
            if fault.error and stage == "Create" and not message.startswith("can't "):
                problems.append(f"{what}: no clear error: {message}")
            problems += self.judge(what, shim)
        print(f"{count - first + 1} writes, {fault}: {failed} lives failed, {len(problems)} problems")
        return problems

    def orphan(self) -> StubbedShim:
        """A sandbox in the middle of its life whose shim was killed."""
        self.host.forget()
        shim = self.shim()
        shim.create_and_start(shim.begin())
        os.kill(shim.pid, signal.SIGKILL)
        self.host.forget()
        return shim
