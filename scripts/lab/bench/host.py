"""What Create and Start cost on the host: with a machine and an agent that take no time, nothing else is left."""

import json
import subprocess
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from ..private import LabError
from .driver import Life, cpu_milliseconds, life, queued_milliseconds
from .lab import BenchLab, unpack_busybox
from .start import SPECIFICATION
from .table import Row

#: calls that nobody waits for: `instant.c` answers them at the end of the processes, or never
OPEN_ENDED = {
    "WaitProcess", "ReadStdout", "ReadStderr", "CloseStdin", "GetOOMEvent", "SetGuestDateTime", "ReseedRandomDev",
}
PROCESS = {"args": ["/bin/true"], "cwd": "/", "user": {"uid": 0, "gid": 0}}


class Instant:
    """The stand-ins of `instant.c`, built, and a configuration that names them."""

    def __init__(self, lab: BenchLab, folder: Path):
        self.lab, self.folder = lab, folder
        source = Path(__file__).with_name("instant.c")
        self._vmm, self._agent = folder / "instant-vmm", folder / "instant-agent"
        command = ["gcc", "-static", "-O1", "-Wall", "-Wextra", "-Werror", "-o", str(self._agent), str(source)]
        subprocess.run(command, check=True)
        self._vmm.symlink_to(self._agent)
        keys = {"path": str(self._vmm), "vhost_user_vsock_daemon": str(self._agent)}
        self.settings = lab.configure("instant.toml", {"hypervisor.qemu": keys})
        self.rootfs = unpack_busybox(folder / "rootfs")

    @contextmanager
    def life(self):
        for path in (self.stamps, self.calls):
            path.write_text("")
        with life(self.lab, self.folder, SPECIFICATION, self.settings) as one:
            yield one

    @property
    def stamps(self) -> Path:
        """The moments between which the machine kept the shim waiting."""
        return self._vmm.with_name("instant-vmm.stamps")

    @property
    def calls(self) -> Path:
        """The names of the agent's calls, one a line."""
        return self._agent.with_name("instant-agent.calls")

    def waited_for(self, mark: int = 0) -> list[str]:
        """The agent's calls since a number of them that were waited for."""
        return [name for name in self.calls.read_text().split()[mark:] if name not in OPEN_ENDED]


def rows(lab: BenchLab, pairs: int) -> list[Row]:
    with lab.folder("host") as folder:
        instant = Instant(lab, folder)
        once(instant)
        found = [once(instant) for _ in range(pairs)]
        boot, more = agent_calls(instant)
    walls, cpus, queued = ([one[key] for one in found] for key in ("wall", "cpu", "queued"))
    delay = f"in the median run {median(queued):.1f} ms of it stood ready while no processor was free"
    return [
        Row("host-wall", "Create sent → Start answered, not waiting for the guest", "ms", walls, detail=delay),
        Row("host-cpu", "CPU of the shim in that time", "ms", cpus),
        Row("agent-calls-start", "agent round trips of Create and Start", "", [len(boot)], detail=", ".join(boot)),
        Row("agent-calls-exec", "agent round trips of Exec and Start", "", [len(more)], detail=", ".join(more)),
    ]


def once(instant: Instant) -> dict[str, float]:
    with instant.life() as one:
        cpu, queued = cpu_milliseconds(one.pid), queued_milliseconds(one.pid)
        wall = one.create_and_start(instant.rootfs)
        cpu, queued = cpu_milliseconds(one.pid) - cpu, queued_milliseconds(one.pid) - queued
        begin, ready = map(float, instant.stamps.read_text().split())
    return {"wall": wall - (ready - begin) * 1000, "cpu": cpu, "queued": queued}


def agent_calls(instant: Instant) -> tuple[list[str], list[str]]:
    """The calls of Create and Start, and those of Exec and Start."""
    with instant.life() as one:
        one.create_and_start(instant.rootfs)
        boot = instant.waited_for()
        mark = len(instant.calls.read_text().split())
        execute(one)
        more = instant.waited_for(mark)
    if not boot or not more:
        raise LabError("the agent was not called: the stand-in does not see what it should count")
    return boot, more


def execute(one: Life) -> None:
    """Exec and Start of a process, with no streams."""
    one.call("Exec", (2, "more"), (7, [(1, "process"), (2, json.dumps(PROCESS))]))
    one.call("Start", (2, "more"))
