"""A cgroup of one's own in every hierarchy, so that what runs below it can be counted and removed exactly."""

import os
import time
from pathlib import Path


def hierarchies() -> list[tuple[Path, str, str]]:
    """Mount point, kind (`cgroup` or `cgroup2`) and super options of each cgroup hierarchy of this namespace."""
    found = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        left, right = line.split(" - ")
        kind, _, options = right.split(" ")[:3]
        if kind in ("cgroup", "cgroup2"):
            found.append((Path(left.split()[4]), kind, options))
    return found


def create(name: str) -> list[Path]:
    """The new folders, one per hierarchy; processes may enter at once."""
    folders = []
    for mount, kind, options in hierarchies():
        folder = mount / name
        folder.mkdir(exist_ok=True)
        folders.append(folder)
        if kind == "cgroup" and "cpuset" in options.split(","):
            # A new v1 cpuset is empty and takes no process.
            for key in ("cpuset.cpus", "cpuset.mems"):
                (folder / key).write_text((mount / key).read_text())
        if kind == "cgroup2":
            _enable(mount)
    return folders


def enter(folders: list[Path]) -> None:
    """Moves this process into the folders."""
    for folder in folders:
        (folder / "cgroup.procs").write_text(str(os.getpid()))


def settle(folders: list[Path]) -> None:
    """On v2: moves what is in the folder into a leaf, then gives the controllers to what will lie below.

    A v2 folder can't have both processes and controllers for its children.
    """
    for folder in folders:
        if (folder / "cgroup.subtree_control").exists():
            leaf = folder / "init"
            leaf.mkdir(exist_ok=True)
            for pid in (folder / "cgroup.procs").read_text().split():
                (leaf / "cgroup.procs").write_text(pid)
            _enable(folder)


def _enable(folder: Path) -> None:
    for controller in (folder / "cgroup.controllers").read_text().split():
        try:
            (folder / "cgroup.subtree_control").write_text(f"+{controller}")
        except OSError:
            pass  # taken by a v1 hierarchy, or not ours to give


def remove(folders: list[Path], patience: float = 5.0) -> None:
    """Removes the folders and all below; waits for processes that are just dying."""
    deadline = time.monotonic() + patience
    for folder in folders:
        while folder.exists():
            for path, _, _ in os.walk(folder, topdown=False):
                try:
                    os.rmdir(path)
                except OSError:
                    pass
            if not folder.exists() or time.monotonic() > deadline:
                break
            time.sleep(0.02)


def below(folders: list[Path]) -> set[str]:
    """All folders below, without the hierarchy's own leaf; what a leak oracle compares."""
    found = set()
    for folder in folders:
        for path, names, _ in os.walk(folder):
            found.update(os.path.join(path, name) for name in names)
        found.discard(str(folder / "init"))
    return found
