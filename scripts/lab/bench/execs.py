"""Exec in a running container, beside runc."""

from contextlib import ExitStack

from .lab import SHIMS, BenchLab, alternate
from .table import Row


def rows(lab: BenchLab, pairs: int) -> list[Row]:
    with ExitStack() as stack:
        pods = {runtime: stack.enter_context(lab.pod(runtime)) for runtime in SHIMS}
        found = alternate({runtime: lambda name=name: execute(lab, name) for runtime, name in pods.items()}, pairs)
    what = "`ctr task exec … true` in a running container"
    return [Row("exec", what, "ms", found["swiftlet"], "runc", found["runc"])]


def execute(lab: BenchLab, name: str) -> float:
    return lab.timed(lab.ctr, "task", "exec", "--exec-id", lab.name(), name, "true")["seconds"] * 1000
