"""`make bench`: one run on a private containerd; a table in Markdown on standard output, all values in a JSON file."""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from . import bench_boot, bench_pods
from .bench_lab import BenchLab, say
from .bench_table import Row, markdown, write
from .configuration import BASE
from .paths import BIN, GUEST, LAB, MissingPrerequisite, require
from .private import VERSIONS, LabError
from .ttrpc import RemoteError

RESULT = LAB / "bench.json"
NEEDED = {
    LAB / ".ready": "scripts/setup",
    Path("/bin/busybox"): "scripts/setup",
    BIN / "containerd-shim-swiftlet-v2": "make build",
    BIN / "swiftlet": "make build",
    GUEST / "vmlinux": "make guest",
    GUEST / "initrd": "make guest",
}
#: name → what makes its rows of the lab and the parsed arguments
GROUPS: dict[str, Callable[[BenchLab, argparse.Namespace], list[Row]]] = {
    "boot": lambda lab, arguments: bench_boot.rows(lab, arguments.pairs),
    "start": lambda lab, arguments: bench_pods.start_rows(lab, arguments.short_pairs),
    "exec": lambda lab, arguments: bench_pods.exec_rows(lab, arguments.short_pairs),
    "output": lambda lab, arguments: bench_pods.output_rows(lab, arguments.pairs),
    "memory": lambda lab, _: bench_pods.memory_rows(lab),
    "ends": lambda lab, arguments: bench_pods.end_rows(lab, arguments.pairs),
    "sizes": lambda *_: sizes(),
}


def sizes() -> list[Row]:
    rows, seen = [], set()
    for path in sorted(BIN.iterdir()):
        # Another name of the same file takes no space.
        if path.is_file() and not path.name.startswith(".") and path.stat().st_ino not in seen:
            seen.add(path.stat().st_ino)
            rows.append(Row(f"size-{path.name}", f"size of `{path.name}`", "MB", [path.stat().st_size / 1e6]))
    return rows


def unfit_binaries() -> list[str]:
    """Why the figures are not those of a release, if they are not."""
    notes = []
    for path in (BIN / "containerd-shim-swiftlet-v2", BIN / "swiftlet", BIN / "swiftlet-agent"):
        if path.exists():
            shown = subprocess.run(["readelf", "-lSW", path], capture_output=True, text=True, check=True).stdout
            wrong = [word for mark, word in ((" .symtab ", "not stripped"), ("INTERP", "not static")) if mark in shown]
            if wrong:
                notes.append(f"'{path.name}' is {' and '.join(wrong)}, no release: run 'make build' and measure again")
    return notes


def conditions(version: str) -> dict[str, str]:
    """What the figures depend on, for the line above the table."""
    processor = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            processor = line.split(":")[1].strip()
            break
    programs = dict(line.split(": ", 1) for line in (LAB / "versions.txt").read_text().splitlines() if ": " in line)
    machine = BASE["hypervisor.qemu"]
    return {
        "processor": f"{os.cpu_count()} × {processor}",
        "host kernel": os.uname().release,
        "guest kernel": (LAB / "kernel/release").read_text().strip(),
        "VMM": programs.get("bin/qemu-system-x86_64", "unknown"),
        "accelerator": machine["accelerator"],
        "guest memory": f"{machine['default_memory']} MiB",
        "containerd": version,
        "runc": programs.get("bin/runc", "unknown"),
    }


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--pairs", type=int, default=7, help="rounds of what boots a machine (default: 7)")
    parser.add_argument("--short-pairs", type=int, default=15, help="rounds of `start` and exec (default: 15)")
    parser.add_argument("--version", choices=VERSIONS, default="1.7", help="containerd's version (default: 1.7)")
    parser.add_argument("--output", type=Path, default=RESULT, help="the JSON file (default: .build-lab/bench.json)")
    parser.add_argument("group", nargs="*", help=f"what to measure: {', '.join(GROUPS)} (default: all)")
    arguments = parser.parse_args()
    if unknown := set(arguments.group) - set(GROUPS):
        parser.error(f"no group {', '.join(sorted(unknown))}: they are {', '.join(GROUPS)}")
    if min(arguments.pairs, arguments.short_pairs) < 1:
        parser.error("less than one pair measures nothing")
    return arguments


def measure(arguments: argparse.Namespace) -> tuple[list[Row], list[str]]:
    """The rows, and what failed."""
    rows, failures = [], []
    with BenchLab(arguments.version) as lab:
        for name, group in GROUPS.items():
            if name in (arguments.group or GROUPS):
                begin = time.monotonic()
                try:
                    rows += group(lab, arguments)
                    say(f"{name}: {time.monotonic() - begin:.0f} s")
                except (LabError, RemoteError, OSError) as error:
                    failures.append(f"'{name}' failed: {error}")
                    say(failures[-1])
    return rows, failures


def run() -> int:
    arguments = parse()
    missing = []
    for path, how in NEEDED.items():
        try:
            require(path, how)
        except MissingPrerequisite as error:
            missing.append(str(error))
    if missing:
        raise MissingPrerequisite("; ".join(missing))
    about = conditions(arguments.version)
    notes = unfit_binaries()
    load = [os.getloadavg()[0]]
    rows, failures = measure(arguments)
    about["load average before and after"] = f"{load[0]:.1f}, {os.getloadavg()[0]:.1f}"
    if rows:
        print(f"Measured on {', '.join(f'{name}: {value}' for name, value in about.items())}.\n")
        print(markdown(rows))
    for note in notes:
        print(f"\nNote: {note}.")
    write(arguments.output, rows, about, notes + failures)
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
