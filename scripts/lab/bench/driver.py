"""Stands in for containerd, with nothing of containerd's in the time: starts a shim, calls it, receives its events, and
stamps all of it."""

import os
import signal
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ..private import LabError
from ..ttrpc import Client, Shim, make_bundle
from .events import EventService
from .lab import BenchLab


#: seconds; a machine that has not booted by then will not
PATIENCE = 60


@dataclass
class Stamp:
    """One call: when it was sent and when it was answered."""

    method: str
    sent: float
    answered: float

    @property
    def milliseconds(self) -> float:
        return (self.answered - self.sent) * 1000


@dataclass
class Life:
    """A task that runs, and what was noted on the way."""

    shim: "DrivenShim"
    client: Client
    #: the process that serves, by the host's number
    pid: int
    #: the end of the shim's log that containerd would read
    log: int
    stamps: list[Stamp] = field(default_factory=list)

    def call(self, method: str, *fields: tuple[int, object]) -> dict:
        sent = time.monotonic()
        try:
            answer = self.shim.task(self.client, method, *fields)
        except TimeoutError:
            raise LabError(f"the shim did not answer '{method}' within {PATIENCE} s; its log: {self.said()}") from None
        self.stamps.append(Stamp(method, sent, time.monotonic()))
        return answer

    def said(self) -> str:
        """The last of the shim's log."""
        try:
            return os.read(self.log, 1 << 16).decode(errors="replace")[-2000:]
        except BlockingIOError:
            return "nothing"

    def create_and_start(self, rootfs: Path, *stdio: tuple[int, object]) -> float:
        """Milliseconds from Create sent to Start answered."""
        mount = [(1, "bind"), (2, str(rootfs)), (4, "rbind"), (4, "rw")]
        self.call("Create", (2, str(self.shim.bundle)), (3, mount), *stdio)
        self.call("Start")
        return (self.stamps[-1].answered - self.stamps[-2].sent) * 1000

    def end(self) -> None:
        self.call("Kill", (3, signal.SIGKILL))
        self.call("Wait")
        self.call("Delete")


class DrivenShim(Shim):
    """A shim whose verbs find another configuration, and whose events come to the driver."""

    def __init__(self, lab: BenchLab, name: str, bundle: Path, events: EventService, settings: Path | None):
        super().__init__(lab.containerd, name, bundle)
        self._added = {"TTRPC_ADDRESS": events.address}
        if settings is not None:
            self._added["SWIFTLET_CONF_FILE"] = str(settings)

    def verb(self, verb: str, *flags: str, timeout: float = 60, **environment: str):
        return super().verb(verb, *flags, timeout=timeout, **(self._added | environment))


@contextmanager
def life(lab: BenchLab, folder: Path, specification: dict, settings: Path | None = None):
    """A shim that serves, before its first call. At the end the task is killed and deleted as containerd does it;
    nothing may be left then, and every event must have come, once and in order."""
    before = lab.traces()
    name = lab.name()
    linux = specification["linux"] | {"cgroupsPath": f"/default/{name}"}
    bundle = make_bundle(folder / name, specification | {"linux": linux})
    log = os.open(bundle / "log", os.O_RDONLY | os.O_NONBLOCK)
    with EventService(lab.containerd, name) as events:
        shim = DrivenShim(lab, name, bundle, events, settings)
        try:
            done = shim.start()
            if not shim.address:
                raise LabError(f"the shim did not start: {done.stdout}{done.stderr}")
            one = Life(shim, shim.client(PATIENCE), lab.shim(name).host_pid, log)
            yield one
            called = {stamp.method for stamp in one.stamps}
            if "Start" in called and "Delete" not in called:
                one.end()
            shim.shutdown(one.client)
            one.client.close()
        finally:
            deleted = shim.delete()
            os.close(log)
        if deleted.returncode != 0:
            raise LabError(f"`delete` of the shim ended with {deleted.returncode}: {deleted.stderr.strip()}")
        lab.wait_until_gone(before)
    methods = [stamp.method for stamp in one.stamps]
    expected = [f"/tasks/{word}" for word in ("create", "start", "exit", "delete")]
    if "Start" in methods and "Exec" not in methods and events.topics() != expected:
        raise LabError(f"the shim sent {events.topics()} where {expected} were due")


def cpu_clock(pid: int) -> int:
    """The clock of a process's CPU time, all threads, by the kernel's encoding of its number."""
    return (~pid << 3) | 2


def cpu_milliseconds(pid: int) -> float:
    return time.clock_gettime(cpu_clock(pid)) * 1000


def queued_milliseconds(pid: int) -> float:
    """How long a process's first thread has stood ready while no processor was free."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e6
