"""Memory and threads of a shim and of its helpers: after the start, and after many execs."""

import json
import os
from contextlib import ExitStack
from pathlib import Path

from ..private import LabError, Process
from ..ttrpc import Client
from .host import PROCESS
from .lab import SHIMS, BenchLab
from .table import Row


EXECS = 1000
#: key of `usage()` → what it is called, and its unit
FIGURES = {
    "Rss": ("RSS", "MB"),
    "Pss": ("PSS", "MB"),
    "Private": ("private memory", "MB"),
    "Anonymous": ("anonymous memory", "MB"),
    "threads": ("threads", ""),
}


def rows(lab: BenchLab, execs: int = EXECS, pods: int = 2) -> list[Row]:
    """With two pods of each runtime: pages that shims share count as shared, as on a host with many."""
    with ExitStack() as stack:
        names = {runtime: [stack.enter_context(lab.pod(runtime)) for _ in range(pods)] for runtime in SHIMS}
        shims = {runtime: [usage([lab.shim(name)]) for name in names[runtime]] for runtime in SHIMS}
        helpers: dict[str, list[dict]] = {}
        for name in names["swiftlet"]:
            for program, processes in lab.helpers(name).items():
                helpers.setdefault(program, []).append(usage(processes))
        worked = {runtime: after_execs(lab, names[runtime][0], execs) for runtime in SHIMS}
    found = []
    for key, (what, unit) in FIGURES.items():
        values = {runtime: [one[key] for one in shims[runtime]] for runtime in SHIMS}
        label = f"shim, {what}, after the start"
        found.append(Row(f"shim-{key.lower()}", label, unit, values["swiftlet"], "runc's shim", values["runc"]))
    for key, (what, unit) in FIGURES.items():
        label, ours, theirs = f"shim, {what}, after {execs} execs", [worked["swiftlet"][key]], [worked["runc"][key]]
        found.append(Row(f"shim-{key.lower()}-execs", label, unit, ours, "runc's shim", theirs))
    for program, used in sorted(helpers.items()):
        for key in ("Pss", "Anonymous"):
            label = f"{program}, {FIGURES[key][0]}"
            found.append(Row(f"{program}-{key.lower()}", label, "MB", [one[key] for one in used]))
    return found


def after_execs(lab: BenchLab, name: str, count: int) -> dict[str, float]:
    """The use of a pod's shim after that many execs, one after the other, without containerd."""
    client = Client(lab.containerd.inside(lab.address_of(name)))

    def call(method: str, exec_id: str, *fields: tuple[int, object]) -> dict[int, object]:
        return client.call("containerd.task.v2.Task", method, [(1, name), (2, exec_id), *fields])

    for number in range(count):
        exec_id = f"exec-{number}"
        call("Exec", exec_id, (7, [(1, "process"), (2, json.dumps(PROCESS))]))
        call("Start", exec_id)
        if status := call("Wait", exec_id).get(1, 0):
            raise LabError(f"exec {number} of {count} in '{name}' ended with {status}")
        call("Delete", exec_id)
    client.close()
    return usage([lab.shim(name)])


def usage(processes: list[Process]) -> dict[str, float]:
    """What one program of one pod uses, in units of 10⁶ bytes: the sum of its processes."""
    total = dict.fromkeys(("Rss", "Pss", "Private", "Anonymous", "threads"), 0.0)
    for process in processes:
        folder = Path(f"/proc/{process.host_pid}")
        lines = (folder / "smaps_rollup").read_text().splitlines()[1:]
        sizes = {line.split(":")[0]: int(line.split()[1]) * 1024 / 1e6 for line in lines}
        for key in ("Rss", "Pss", "Anonymous"):
            total[key] += sizes[key]
        total["Private"] += sizes["Private_Clean"] + sizes["Private_Dirty"]
        total["threads"] += len(os.listdir(folder / "task"))
    return total
