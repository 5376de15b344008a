"""One life of a task under strace: its system calls, and how long the shim was at work and not waiting."""

import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

from ..private import LabError
from .driver import life
from .lab import BenchLab, unpack_busybox
from .start import SPECIFICATION
from .table import Row

#: what a thread with nothing to do is in
WAITS = {"epoll_wait", "epoll_pwait", "futex", "ppoll", "poll"}
CALL = re.compile(r"(\d+) +(\d+\.\d+) (?:<\.\.\. )?(\w+)(\(| resumed>)(.*)")
LASTED = re.compile(r"<(\d+\.\d+)>$")


def rows(lab: BenchLab) -> list[Row]:
    if shutil.which("strace") is None:
        raise LabError("no strace on the PATH: install it and measure again")
    with lab.folder("strace") as folder:
        rootfs = unpack_busybox(folder / "rootfs")
        trace = folder / "trace"
        with life(lab, folder, SPECIFICATION) as one:
            threads = {int(entry.name) for entry in Path(f"/proc/{one.pid}/task").iterdir()}
            with traced(one.pid, trace):
                begin = time.time()
                wall = one.create_and_start(rootfs)
                window = begin, begin + wall / 1000
                one.end()
        calls = list(parse(trace.read_text(errors="replace")))
        price = price_of_a_call(folder / "calibration")
    names = Counter(name for _, _, _, name in calls)
    working = (window[1] - window[0] - waiting(calls, threads, window)) * 1000
    within = sum(1 for _, start, _, _ in calls if window[0] <= start <= window[1])
    most = ", ".join(f"{name} {count}" for name, count in names.most_common(10))
    own = within * price
    told = f"{working:.0f} ms of {wall:.0f}, less {own:.0f} that strace itself takes: {within} system calls, "
    return [
        Row(
            "host-wall-strace", "Create sent → Start answered, not waiting: real guest, under strace", "ms",
            [max(0.0, working - own)], detail=f"{told}{price * 1000:.0f} µs each",
        ),
        Row("syscalls", "system calls of the shim, Create to Delete", "", [names.total()], detail=most),
    ]


@contextmanager
def traced(pid: int, output: Path):
    """strace on a process, its threads, and its children until they are another program."""
    command = ["strace", "-f", "-b", "execve", "-ttt", "-T", "-o", str(output), "-p", str(pid)]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        # It says so when it has attached.
        if "attached" not in (line := tracer.stderr.readline()):
            raise LabError(f"strace does not trace the shim: {line.strip()}")
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.communicate()


def price_of_a_call(output: Path, count: int = 3000) -> float:
    """Milliseconds that strace adds to a system call here and now."""
    program = f"import os, time\nb = time.monotonic()\nfor _ in range({count}): os.getppid()\nprint(time.monotonic() - b)"
    command = ["/usr/bin/python3", "-c", program]
    tracer = ["strace", "-f", "-ttt", "-T", "-o", str(output)]
    plain, under = (
        float(subprocess.run([*words, *command], capture_output=True, text=True, check=True).stdout)
        for words in ([], tracer)
    )
    return (under - plain) / count * 1000


def parse(text: str):
    """(thread, start, end, name) of each call that has ended."""
    begun: dict[int, float] = {}
    for line in text.splitlines():
        if not (match := CALL.match(line)):
            continue
        thread, moment, name, kind, rest = int(match[1]), float(match[2]), match[3], match[4], match[5]
        lasted = LASTED.search(rest)
        if kind == "(" and lasted is None:
            begun[thread] = moment
        elif kind == "(":
            yield thread, moment, moment + float(lasted[1]), name
        else:
            yield thread, begun.pop(thread, moment), moment, name


def waiting(calls: list[tuple], threads: set[int], window: tuple[float, float]) -> float:
    """Seconds of the window in which every thread was waiting."""
    changes = []
    known = {thread for thread, *_ in calls if thread in threads}
    for thread, start, end, name in calls:
        start, end = max(start, window[0]), min(end, window[1])
        if thread in known and name in WAITS and start < end:
            changes += [(start, 1), (end, -1)]
    total, idle, since = 0.0, 0, 0.0
    for moment, step in sorted(changes):
        if idle == len(known):
            total += moment - since
        idle, since = idle + step, moment
    return total
