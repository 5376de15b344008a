"""Measurements of pods: start of the shim, exec, output, memory, deaths and teardown."""

import os
import signal
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .bench_lab import SHIMS, BenchLab, alternate, say
from .bench_table import Row
from .private import ADDRESS, LabError, Process, end
from .ttrpc import make_bundle

MEBIBYTE = 1 << 20
OUTPUT = 100 * MEBIBYTE
SPECIFICATION = {
    "ociVersion": "1.0.2",
    "process": {"user": {"uid": 0, "gid": 0}, "args": ["sleep", "1000"], "env": ["PATH=/bin"], "cwd": "/"},
    "root": {"path": "rootfs"},
    "linux": {"namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")]},
}


# Start of the shim


def start_rows(lab: BenchLab, pairs: int) -> list[Row]:
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


# Exec and output


def exec_rows(lab: BenchLab, pairs: int) -> list[Row]:
    with ExitStack() as stack:
        pods = {runtime: stack.enter_context(lab.pod(runtime)) for runtime in SHIMS}
        found = alternate({runtime: lambda name=name: execute(lab, name) for runtime, name in pods.items()}, pairs)
    what = "`ctr task exec … true` in a running container"
    return [Row("exec", what, "ms", found["swiftlet"], "runc", found["runc"])]


def execute(lab: BenchLab, name: str) -> float:
    return lab.timed(lab.ctr, "task", "exec", "--exec-id", lab.name(), name, "true")["seconds"] * 1000


def output_rows(lab: BenchLab, pairs: int) -> list[Row]:
    found = alternate({runtime: lambda name=runtime: output(lab, name) for runtime in SHIMS}, pairs)
    what = f"standard output, {OUTPUT // MEBIBYTE} MiB by `ctr run … dd`, first byte to last"
    return [Row("stdout", what, "MiB/s", found["swiftlet"], "runc", found["runc"])]


def output(lab: BenchLab, runtime: str) -> float:
    before = lab.traces()
    command = ["dd", "if=/dev/zero", "bs=1M", f"count={OUTPUT // MEBIBYTE}"]
    answer = lab.timed(*lab.run_words(runtime, "--rm"), lab.name(), *command, count=True, limit=300)
    lab.wait_until_gone(before)
    if answer["bytes"] != OUTPUT:
        problem = f"{runtime}: {answer['bytes']} bytes of {OUTPUT} arrived on standard output"
        if runtime == "swiftlet":
            raise LabError(problem)
        say(problem)  # not ours to mend, and the rate holds for what did arrive
    return answer["bytes"] / MEBIBYTE / answer["transfer"]


# Memory


def memory_rows(lab: BenchLab, pods: int = 2) -> list[Row]:
    """With two pods of each runtime: pages that shims share count as shared, as on a host with many."""
    with ExitStack() as stack:
        names = {runtime: [stack.enter_context(lab.pod(runtime)) for _ in range(pods)] for runtime in SHIMS}
        shims = {runtime: [usage([lab.shim(name)]) for name in names[runtime]] for runtime in SHIMS}
        rows = []
        for key, what, unit in (
            ("Rss", "shim, RSS", "MiB"),
            ("Pss", "shim, PSS", "MiB"),
            ("Private", "shim, private memory", "MiB"),
            ("Anonymous", "shim, anonymous memory", "MiB"),
            ("threads", "shim, threads", ""),
        ):
            values = {runtime: [one[key] for one in shims[runtime]] for runtime in SHIMS}
            rows.append(Row(f"shim-{key.lower()}", what, unit, values["swiftlet"], "runc's shim", values["runc"]))
        helpers: dict[str, list[dict]] = {}
        for name in names["swiftlet"]:
            for program, processes in lab.helpers(name).items():
                helpers.setdefault(program, []).append(usage(processes))
    for program, found in sorted(helpers.items()):
        for key, what in (("Pss", "PSS"), ("Anonymous", "anonymous memory")):
            rows.append(Row(f"{program}-{key.lower()}", f"{program}, {what}", "MiB", [one[key] for one in found]))
    return rows


def usage(processes: list[Process]) -> dict[str, float]:
    """What one program of one pod uses, in MiB: the sum of its processes."""
    total = dict.fromkeys(("Rss", "Pss", "Private", "Anonymous", "threads"), 0.0)
    for process in processes:
        folder = Path(f"/proc/{process.host_pid}")
        lines = (folder / "smaps_rollup").read_text().splitlines()[1:]
        sizes = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}
        for key in ("Rss", "Pss", "Anonymous"):
            total[key] += sizes[key]
        total["Private"] += sizes["Private_Clean"] + sizes["Private_Dirty"]
        total["threads"] += len(os.listdir(folder / "task"))
    return total


# Ends


def end_rows(lab: BenchLab, pairs: int) -> list[Row]:
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
