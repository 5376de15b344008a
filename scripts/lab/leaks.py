"""The leak oracle: what there is before a test is exactly what there is after it."""

import os
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from . import cgroups
from .paths import RUN
from .private import Containerd

#: folders that the first container of a containerd, a namespace or a runtime makes for good, like containerd itself
SHARED_PARENTS = re.compile(
    r"/run/(containerd/s|containerd/runc(/[^/]+)?|containerd/fifo|swiftlet(/vfio)?"
    r"|containerd/io\.containerd\.runtime\.v2\.task(/[^/]+)?|containerd/io\.containerd\.sandbox\.controller\.v1\.shim)"
    r"|root/io\.containerd\.runtime\.v2\.task/[^/]+"
    r"|/sys/fs/cgroup/[^/]+/[^/]+/(swiftlet|default|[a-z0-9-]+-namespace)"
    r"|/sys/fs/cgroup/[^/]+/(swiftlet|default|[a-z0-9-]+-namespace)"
)
#: the lab's namespaces keep its mounts from the host; what would show there all the same has one of these in it
OF_THE_LAB = rf"{re.escape(str(RUN))}|/run/(swiftlet|containerd)|kataShared"
#: threads of containerd come and go with load; a leak shows as steady growth beyond this
THREAD_SLACK = 12


@dataclass
class Snapshot:
    """What is there at one moment, by kind; each kind counts equal lines."""

    kinds: dict[str, Counter] = field(default_factory=dict)
    threads: int = 0
    daemon: int = 0

    @classmethod
    def take(cls, containerd: Containerd) -> "Snapshot":
        init = containerd.init_pid
        kinds = {
            "processes": Counter(str(process) for process in _settled(containerd)),
            "mounts inside": _mounts(Path(f"/proc/{init}/mountinfo")),
            "mounts of the host": _mounts(Path("/proc/self/mountinfo"), only=OF_THE_LAB),
            "unix sockets": _unix_sockets(init),
            "network links": _links(init),
            "files below /run": _files(containerd.inside("/run"), "/run"),
            "shared memory": _files(containerd.inside("/dev/shm"), "/dev/shm"),
            "files of containerd": _containerd_files(containerd),
            "cgroups": Counter(f for f in cgroups.below(containerd.cgroups) if not SHARED_PARENTS.fullmatch(f)),
            "containerd's descriptors": _descriptors(containerd),
            "loop devices": _loop_devices(),
        }
        kinds.update({kind: take() for kind, take in containerd.watched.items()})
        threads = len(os.listdir(f"/proc/{containerd.host_pid(containerd.daemon)}/task"))
        return cls(kinds, threads, containerd.daemon)

    def difference(self, after: "Snapshot") -> str:
        """What differs, one line each, `+` for what is left over and `-` for what is gone; empty if nothing does."""
        lines = []
        for kind, before in self.kinds.items():
            if kind == "containerd's descriptors" and self.daemon != after.daemon:
                continue  # another process: the test has started it again
            left, gone = after.kinds[kind] - before, before - after.kinds[kind]
            if left or gone:
                lines.append(f"{kind}:")
                lines += [f"  + {line}" + (f" ({n} times)" if n > 1 else "") for line, n in sorted(left.items())]
                lines += [f"  - {line}" + (f" ({n} times)" if n > 1 else "") for line, n in sorted(gone.items())]
        if after.threads > self.threads + THREAD_SLACK:
            lines.append(f"containerd's threads: {self.threads} before, {after.threads} after")
        return "\n".join(lines)


def leaks_since(before: Snapshot, containerd: Containerd, patience: float = 3.0) -> str:
    """Waits until everything is as before, for `patience` seconds; then says what is not."""
    deadline = time.monotonic() + patience
    while True:
        difference = before.difference(Snapshot.take(containerd))
        if not difference or time.monotonic() > deadline:
            return difference
        time.sleep(0.05)


def _settled(containerd: Containerd):
    """Processes without their momentary state, but zombies."""
    for process in containerd.processes():
        if process.pid == containerd.daemon:
            continue  # a test may start it again
        yield f"{process.pid} {'zombie ' if process.state == 'Z' else ''}{' '.join(process.command)[:300]}"


def _mounts(path: Path, only: str = "") -> Counter:
    """Mounts without their numbers: root, mount point, options, and what is mounted."""
    found = Counter()
    for line in path.read_text().splitlines():
        if not re.search(only, line):
            continue
        left, right = line.split(" - ")
        _, _, device, root, point, options = left.split(" ")[:6]
        found[f"{device} {root} {point} {options} {right}"] += 1
    return found


def _unix_sockets(pid: int) -> Counter:
    """Sockets with a name (listening or bound), of the network namespace; connections to them aside."""
    found = Counter()
    for line in Path(f"/proc/{pid}/net/unix").read_text().splitlines()[1:]:
        fields = line.split(maxsplit=7)
        listening = int(fields[3], 16) & 0x10000
        if len(fields) == 8 and listening:
            found[fields[7]] += 1
    return found


def _links(pid: int) -> Counter:
    lines = Path(f"/proc/{pid}/net/dev").read_text().splitlines()[2:]
    return Counter(line.split(":")[0].strip() for line in lines)


def _files(root: Path, name: str) -> Counter:
    """Every path below the root but the parents that stay, under the name that it has inside.

    A client's FIFOs are its own to remove: `ctr` leaves them when its task is gone before it could delete it."""
    found = Counter()
    for path, folders, files in os.walk(root):
        inner = name + path[len(str(root)) :]
        for entry in (*folders, *files):
            path_inside = f"{inner}/{entry}"
            if not SHARED_PARENTS.fullmatch(path_inside) and not path_inside.startswith("/run/containerd/fifo/"):
                found[path_inside] += 1
    return found


def _containerd_files(containerd: Containerd) -> Counter:
    """The runtime's folders on containerd's disk, and what was left in TMPDIR.

    Not content and snapshots: their owner is the client, and containerd collects them when it likes."""
    root = containerd.folder / "root"
    found = Counter()
    for plugin in sorted(root.glob("io.containerd.runtime.*")):
        found += _files(plugin, f"{root.name}/{plugin.name}")
    found.update(f"tmp/{path.name}" for path in (containerd.folder / "tmp").iterdir())
    return found


def _descriptors(containerd: Containerd) -> Counter:
    folder = Path(f"/proc/{containerd.host_pid(containerd.daemon)}/fd")
    found = Counter()
    for entry in folder.iterdir():
        try:
            target = os.readlink(entry)
        except OSError:
            continue  # closed meanwhile
        # Snapshots are collected in the background; no runtime makes containerd open them.
        if "/io.containerd.snapshotter" not in target:
            # The number of a socket or pipe says nothing; what kind it is does.
            found[re.sub(r":\[\d+\]", "", target)] += 1
    return found


def _loop_devices() -> Counter:
    return Counter(
        f"{path.parent.parent.name} {path.read_text().strip()}" for path in Path("/sys/block").glob("loop*/loop/backing_file")
    )
