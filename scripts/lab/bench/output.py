"""Throughput of standard output: Swiftlet, runc, and a pipe on the host."""

from ..private import LabError
from .lab import SHIMS, BenchLab, alternate, say
from .table import Row

MEBIBYTE = 1 << 20
OUTPUT = 100 * MEBIBYTE
COMMAND = ["dd", "if=/dev/zero", "bs=1M", f"count={OUTPUT // MEBIBYTE}"]


def rows(lab: BenchLab, pairs: int) -> list[Row]:
    sides = {runtime: lambda name=runtime: container(lab, name) for runtime in SHIMS}
    found = alternate(sides | {"cat": lambda: pipe(lab)}, pairs)
    what = f"standard output, {OUTPUT // MEBIBYTE} MiB by `ctr run … dd`, first byte to last"
    return [
        Row("stdout", what, "MiB/s", found["swiftlet"], "runc", found["runc"]),
        Row("stdout-cat", what, "MiB/s", found["swiftlet"], "`dd \\| cat` on the host", found["cat"]),
    ]


def container(lab: BenchLab, runtime: str) -> float:
    before = lab.traces()
    answer = lab.timed(*lab.run_words(runtime, "--rm"), lab.name(), *COMMAND, count=True, limit=300)
    lab.wait_until_gone(before)
    if answer["bytes"] != OUTPUT:
        problem = f"{runtime}: {answer['bytes']} bytes of {OUTPUT} arrived on standard output"
        if runtime == "swiftlet":
            raise LabError(problem)
        say(problem)  # not ours to mend, and the rate holds for what did arrive
    return answer["bytes"] / MEBIBYTE / answer["transfer"]


def pipe(lab: BenchLab) -> float:
    answer = lab.timed("sh", "-c", f"{' '.join(COMMAND)} 2>/dev/null | cat", count=True)
    return answer["bytes"] / MEBIBYTE / answer["transfer"]
