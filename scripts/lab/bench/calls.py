"""Round trips to a shim that serves: one client, one call at a time."""

import time
from statistics import median

from ..ttrpc import Client
from .lab import SHIMS, BenchLab
from .table import Row

ROUNDS, CALLS = 7, 500


def rows(lab: BenchLab) -> list[Row]:
    """Turns of `CALLS` calls each, with both shims; the client is the same, so its own time is in both."""
    found = []
    for method, what in (("State", "ttrpc round trip, `State`"), ("Connect", "ttrpc round trip, `Connect`")):
        with lab.pod("swiftlet") as ours, lab.pod("runc") as theirs:
            names = dict(zip(SHIMS, (ours, theirs)))
            turns: dict[str, list[list[float]]] = {runtime: [] for runtime in SHIMS}
            for turn in range(ROUNDS + 1):
                for runtime in list(SHIMS)[:: -1 if turn % 2 else 1]:
                    turns[runtime].append(series(lab, names[runtime], method))
        medians = {name: [median(one) * 1e6 for one in taken[1:]] for name, taken in turns.items()}
        rates = {name: [CALLS / sum(one) for one in taken[1:]] for name, taken in turns.items()}
        key = f"calls-{method.lower()}"
        found += [
            Row(f"{key}-p50", f"{what}, p50", "µs", medians["swiftlet"], "runc's shim", medians["runc"]),
            Row(f"{key}-rate", what, "calls/s", rates["swiftlet"], "runc's shim", rates["runc"]),
        ]
    return found


def series(lab: BenchLab, name: str, method: str) -> list[float]:
    """Seconds of each of a number of calls."""
    client = Client(lab.containerd.inside(lab.address_of(name)))
    times = []
    for _ in range(CALLS):
        begin = time.perf_counter()
        client.call("containerd.task.v2.Task", method, [(1, name)])
        times.append(time.perf_counter() - begin)
    client.close()
    return times
