"""`make bench`: one run on a private containerd; a table in Markdown on standard output and in a file, all values in a
JSON file."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..paths import BIN, GUEST, LAB, ROOT, MissingPrerequisite, require
from ..private import VERSIONS, LabError
from ..ttrpc import RemoteError
from . import boot, calls, ends, execs, host, instructions, memory, output, start, strace
from .conditions import conditions, sizes, unfit_binaries
from .lab import BenchLab, say
from .table import Row, record, report, write

NEEDED = {
    LAB / ".ready": "scripts/setup",
    Path("/bin/busybox"): "scripts/setup",
    BIN / "containerd-shim-swiftlet-v2": "make build",
    BIN / "swiftlet": "make build",
    GUEST / "vmlinux": "make guest",
    GUEST / "initrd": "make guest",
}
VMMS = ("qemu",)


@dataclass
class Rounds:
    """How often each kind of measurement is taken."""

    boots: int
    short: int
    slow: int
    execs: int


FULL = Rounds(boots=15, short=20, slow=5, execs=1000)
QUICK = Rounds(boots=3, short=5, slow=2, execs=100)
#: name → what makes its rows of the lab and the rounds
GROUPS: dict[str, Callable[[BenchLab, Rounds], list[Row]]] = {
    "host": lambda lab, rounds: host.rows(lab, rounds.short),
    "strace": lambda lab, _: strace.rows(lab),
    "boot": lambda lab, rounds: boot.rows(lab, rounds.boots),
    "instructions": lambda lab, rounds: instructions.rows(lab, rounds.slow),
    "start": lambda lab, rounds: start.rows(lab, rounds.short),
    "exec": lambda lab, rounds: execs.rows(lab, rounds.short),
    "calls": lambda lab, _: calls.rows(lab),
    "output": lambda lab, rounds: output.rows(lab, rounds.slow),
    "memory": lambda lab, rounds: memory.rows(lab, rounds.execs),
    "ends": lambda lab, rounds: ends.rows(lab, rounds.slow),
    "sizes": lambda *_: sizes(),
}


def parse() -> tuple[argparse.Namespace, Rounds]:
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures Swiftlet; see docs/performance.md.")
    parser.add_argument("--vmm", default="qemu", help="who runs the machines (default: qemu)")
    parser.add_argument("--accelerator", choices=("tcg", "kvm"), default="tcg", help="who executes guests (default: tcg)")
    parser.add_argument("--quick", action="store_true", help="few rounds, for a look")
    parser.add_argument("--pairs", type=int, help=f"rounds of what boots a machine (default: {FULL.boots})")
    parser.add_argument("--short-pairs", type=int, help=f"rounds of what takes a moment (default: {FULL.short})")
    parser.add_argument("--version", choices=VERSIONS, default="1.7", help="containerd's version (default: 1.7)")
    parser.add_argument("--output", type=Path, default=ROOT / ".build-bench", help="folder of bench.md and bench.json")
    parser.add_argument("group", nargs="*", help=f"what to measure: {', '.join(GROUPS)} (default: all)")
    arguments = parser.parse_args()
    if arguments.vmm not in VMMS:
        parser.error(f"can't measure with the VMM '{arguments.vmm}': the shim boots none of that name; choose qemu")
    if unknown := set(arguments.group) - set(GROUPS):
        parser.error(f"no group {', '.join(sorted(unknown))}: they are {', '.join(GROUPS)}")
    chosen = QUICK if arguments.quick else FULL
    boots = chosen.boots if arguments.pairs is None else arguments.pairs
    short = chosen.short if arguments.short_pairs is None else arguments.short_pairs
    if min(boots, short) < 1:
        parser.error("less than one pair measures nothing")
    return arguments, Rounds(boots, short, min(chosen.slow, boots), chosen.execs)


def measure(arguments: argparse.Namespace, rounds: Rounds) -> tuple[list[Row], list[str]]:
    """The rows, and what failed."""
    rows, failures = [], []
    with BenchLab(arguments.version, {"hypervisor.qemu": {"accelerator": arguments.accelerator}}) as lab:
        for name, group in GROUPS.items():
            if name in (arguments.group or GROUPS):
                begin = time.monotonic()
                try:
                    rows += group(lab, rounds)
                    say(f"{name}: {time.monotonic() - begin:.0f} s")
                except (LabError, RemoteError, OSError) as error:
                    failures.append(f"'{name}' failed: {error}")
                    say(failures[-1])
    return rows, failures


def run() -> int:
    arguments, rounds = parse()
    missing = []
    for path, how in NEEDED.items():
        try:
            require(path, how)
        except MissingPrerequisite as error:
            missing.append(str(error))
    if missing:
        raise MissingPrerequisite("; ".join(missing))
    about = conditions(arguments.version, arguments.accelerator)
    notes = unfit_binaries()
    load = os.getloadavg()[0]
    rows, failures = measure(arguments, rounds)
    about["load average before and after"] = f"{load:.1f}, {os.getloadavg()[0]:.1f}"
    notes += failures
    page = report(rows, about, notes)
    arguments.output.mkdir(parents=True, exist_ok=True)
    write(arguments.output / "bench.md", page)
    write(arguments.output / "bench.json", record(rows, about, notes))
    print(page, end="")
    return 1 if failures else 0


def main() -> int:
    def stop(number: int, _) -> None:
        raise KeyboardInterrupt(signal.Signals(number).name)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        return run()
    except (LabError, MissingPrerequisite) as error:
        print(f"bench: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("bench: interrupted; nothing runs on", file=sys.stderr)
    return 1
