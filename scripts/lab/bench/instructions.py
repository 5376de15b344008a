"""Instructions that a guest executes until its agent is ready, over those of a guest whose first process is trivial."""

import subprocess
import sys
from pathlib import Path

from ..paths import GUEST, ROOT
from ..private import LabError
from .boot import bare_boot
from .lab import BenchLab, alternate
from .table import Row

sys.path.insert(1, str(ROOT / "scripts/guest"))
from cpio import Archive  # noqa: E402  (the path above comes first)

LINE = "instructions: "
ICOUNT = ["-icount", "shift=0,sleep=off"]


def rows(lab: BenchLab, pairs: int) -> list[Row]:
    if lab.changes.get("hypervisor.qemu", {}).get("accelerator", "tcg") != "tcg":
        raise LabError("instructions are counted under tcg only: leave ACCELERATOR alone for this row")
    with lab.folder("instructions") as folder:
        order, _ = bare_boot(lab, folder)
        program = build(folder)
        # Both hold the same files, so that unpacking them is the same work.
        initrds = {name: initramfs(folder / f"initrd-{name}", program, path) for name, path in MEASURED.items()}
        found = alternate({name: lambda path=path: count(lab, order, path) for name, path in initrds.items()}, pairs)
    what = "guest instructions until its first process is ready"
    return [Row("instructions", what, "10⁶", found["agent"], "trivial init", found["trivial"])]


#: what is measured → its path in the guest
MEASURED = {"agent": "/bin/swiftlet-agent", "trivial": "/bin/trivial"}


def build(folder: Path) -> Path:
    program = folder / "guest"
    source = Path(__file__).with_name("guest.c")
    subprocess.run(["gcc", "-static", "-Os", "-Wall", "-Werror", "-o", str(program), str(source)], check=True)
    return program


def initramfs(path: Path, program: Path, measured: str) -> Path:
    """The guest's own initramfs with another after it: the kernel unpacks both, and the later files win."""
    archive = Archive()
    archive.file("bin/guest", program.read_bytes(), 0o755)
    archive.symlink("init", "bin/guest")
    archive.symlink("bin/trivial", "guest")
    archive.symlink("measured", measured)
    first = (GUEST / "initrd").read_bytes()
    path.write_bytes(first + bytes(-len(first) % 4) + archive.serialized())
    return path


def count(lab: BenchLab, order: dict, initrd: Path) -> float:
    argv = list(order["argv"])
    argv[argv.index("-initrd") + 1] = str(initrd)
    changed = order | {"argv": [*argv, *ICOUNT], "until": LINE, "limit": 120}
    return int(lab.order(**changed)["line"].removeprefix(LINE)) / 1e6
