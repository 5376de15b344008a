"""Ends: a removed container, a killed shim, a killed monitor; until nothing is left."""

import os
import signal
import time
from contextlib import contextmanager

from ..private import LabError, end
from .lab import BenchLab, alternate
from .table import Row


def rows(lab: BenchLab, pairs: int) -> list[Row]:
    sides = {
        "teardown swiftlet": lambda: teardown(lab, "swiftlet"),
        "shim": lambda: shim_killed(lab),
        "teardown runc": lambda: teardown(lab, "runc"),
        "monitor": lambda: monitor_killed(lab),
    }
    found = alternate(sides, pairs)
    teardowns = found["teardown swiftlet"], "runc", found["teardown runc"]
    return [
        Row("teardown", "`ctr task rm -f` of a running container, until nothing is left", "ms", *teardowns),
        Row("shim-killed", "SIGKILL of the shim, until nothing is left", "ms", found["shim"]),
        Row("monitor-killed", "SIGKILL of the VMM under `ctr run --rm`, until nothing is left", "ms", found["monitor"]),
    ]


@contextmanager
def ending(lab: BenchLab, runtime: str):
    """A pod and what was there before it; it may be ended in between."""
    before = lab.traces()
    with lab.pod(runtime) as name:
        yield name, before
    lab.wait_until_gone(before)


def teardown(lab: BenchLab, runtime: str) -> float:
    with ending(lab, runtime) as (name, before):
        begin = time.monotonic()
        # It says with which code the container ended, and ends with that code itself.
        lab.order(do="run", argv=[lab.ctr, "task", "rm", "-f", name])
        return (lab.wait_until_gone(before) - begin) * 1000


def shim_killed(lab: BenchLab) -> float:
    with ending(lab, "swiftlet") as (name, before):
        shim = lab.shim(name)
        begin = time.monotonic()
        os.kill(shim.host_pid, signal.SIGKILL)
        return (lab.wait_until_gone(before) - begin) * 1000


def monitor_killed(lab: BenchLab) -> float:
    before = lab.traces()
    name = lab.name()
    client = lab.containerd.popen(*lab.run_words("swiftlet", "--rm", "--null-io"), name, "sleep", "1000")
    try:
        wait_until_running(lab, name)
        monitor = lab.monitor(name)
        begin = time.monotonic()
        os.kill(monitor.host_pid, signal.SIGKILL)
        client.wait(30)
        return (lab.wait_until_gone(before) - begin) * 1000
    finally:
        end(client)
        client.wait()


def wait_until_running(lab: BenchLab, name: str, limit: float = 90) -> None:
    deadline = time.monotonic() + limit
    while "RUNNING" not in status(lab, name):
        if time.monotonic() > deadline:
            raise LabError(f"'{name}' does not run after {limit:.0f} s:\n{lab.containerd.tail(15)}")
        time.sleep(0.1)


def status(lab: BenchLab, name: str) -> str:
    lines = lab.containerd.ctr("task", "list").stdout.splitlines()
    return next((line for line in lines if line.split()[0] == name), "")
