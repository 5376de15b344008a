"""What the figures depend on: the machine, the programs, and whether the binaries are those of a release."""

import os
import subprocess
from pathlib import Path

from ..configuration import BASE
from ..paths import BIN, LAB
from .table import Row


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


def conditions(version: str, accelerator: str) -> dict[str, str]:
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
        "accelerator": accelerator,
        "guest memory": f"{machine['default_memory']} MiB",
        "containerd": version,
        "runc": programs.get("bin/runc", "unknown"),
    }
