"""The verb `start`, beside the one of runc's shim."""

import os
import signal
from pathlib import Path

from ..private import ADDRESS
from ..ttrpc import make_bundle
from .lab import SHIMS, BenchLab, alternate
from .table import Row

SPECIFICATION = {
    "ociVersion": "1.0.2",
    "process": {"user": {"uid": 0, "gid": 0}, "args": ["sleep", "1000"], "env": ["PATH=/bin"], "cwd": "/"},
    "root": {"path": "rootfs"},
    "linux": {"namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")]},
}


def rows(lab: BenchLab, pairs: int) -> list[Row]:
    with lab.folder("start") as folder:
        found = alternate({name: lambda name=name: start(lab, name, folder) for name in SHIMS}, pairs)
    return [Row("start", "`start` of the shim, exec to exit", "ms", found["swiftlet"], "runc's shim", found["runc"])]


def start(lab: BenchLab, runtime: str, folder: Path) -> float:
    """One `start` in a new bundle; the shim that then serves is killed, it has made nothing yet."""
    before = lab.traces()
    name = lab.name()
    bundle = make_bundle(folder / name, SPECIFICATION)
    # containerd reads the log of each shim.
    log = os.open(bundle / "log", os.O_RDONLY | os.O_NONBLOCK)
    try:
        words = ["-namespace", "default", "-address", ADDRESS, "-publish-binary", "containerd", "-id", name, "start"]
        environment = lab.shim_environment()
        answer = lab.timed(SHIMS[runtime], *words, folder=str(bundle), environment=environment)
        os.kill(lab.shim(name).host_pid, signal.SIGKILL)
    finally:
        os.close(log)
    # Its socket stays: to remove it is the work of `delete`, which nobody asks for here.
    for path in lab.traces() - before:
        if path.startswith("/run/containerd/s/"):
            lab.containerd.inside(path).unlink()
    lab.wait_until_gone(before)
    return answer["seconds"] * 1000
