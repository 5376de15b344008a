"""A host with PCI functions, IOMMU groups and VFIO for a private containerd, on a machine that has none.

Inside, `/sys/bus/pci`, `/sys/kernel/iommu_groups`, `/sys/class/vfio-dev`, `/sys/dev/char` and `/dev/vfio` are a file
system of this process; everything else below `/sys` and `/dev` is the kernel's own. Every write is noted by its number,
and may be made to fail, to hang, or to be the last of its writer.
"""

import errno
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fakekernel import Kernel, Write
from fakepci import Function
from lab.fuse import Node, file, folder, link
from lab.private import Containerd

#: folders of /sys in which some entries are the fake's and the others the kernel's
SHARED = ("sys", "sys/bus", "sys/class", "sys/devices", "sys/dev", "sys/kernel")
#: what the snapshot leaves out: the kernel's own, by mounts
KERNELS_OWN = "the kernel's"
STAGE = "/run/fake-host"


@dataclass
class Fault:
    """What goes wrong at a write: it fails with `error` and does nothing; its writer is killed before or after the
    effect; it takes so many seconds, unless the test is over before."""

    error: int = 0
    kill: str = ""
    hang: float = 0


class FakeHost:
    """Made for one containerd; `mount()` shows it inside."""

    def __init__(self):
        self.kernel = Kernel()
        self.kernel.before, self.kernel.after = self._before, self._after
        self.devices = self.kernel.devices
        #: by the number of the write, from 1
        self.faults: dict[int, Fault] = {}
        #: for a write that is not among these
        self.rule: Callable[[Write], Fault | None] = lambda write: None
        self._over = threading.Event()

    def add(self, *functions: Function) -> None:
        for function in functions:
            self.devices.add(function)

    @property
    def writes(self) -> list[Write]:
        return self.kernel.writes

    def forget(self) -> None:
        """Ends what hangs; the next write is the first, and nothing goes wrong with it."""
        self._over.set()
        self._over = threading.Event()
        self.faults.clear()
        self.rule = lambda write: None
        self.kernel.refusing.clear()
        self.kernel.writes, self.kernel.misdeeds = [], []

    def driver(self, address: str) -> str | None:
        return self.devices.driver(address)

    def state(self) -> Counter:
        """Every entry of the tree in one line; for the oracle of leaks."""
        found = Counter(self.kernel.misdeeds)
        with self.devices.lock:
            pending = [("", self.devices.root)]
            while pending:
                path, node = pending.pop()
                if node.target or node.content != KERNELS_OWN.encode():
                    found[f"{path} {node.mode:o} {node.target} {node.content!r} {node.number}"] += 1
                pending += [(f"{path}/{name}", child) for name, child in node.children.items()]
        return found

    # Faults

    def _before(self, write: Write) -> None:
        fault = self.faults.get(write.number) or self.rule(write) or Fault()
        if fault.hang:
            self._over.wait(fault.hang)
        if fault.kill == "before":
            kill_writer(write.thread)
            raise OSError(errno.EINTR, "killed before the write")
        if fault.error:
            raise OSError(fault.error, "as the test wants it")

    def _after(self, write: Write) -> None:
        if self.faults.get(write.number, Fault()).kill == "after":
            kill_writer(write.thread)

    # Mounts

    def mount(self, containerd: Containerd) -> None:
        """Shows it inside from now on. The oracle of leaks then sees its state too."""
        sys = containerd.inside("/sys")
        binds = []
        for path in SHARED:
            for entry in sorted((sys.parent / path).iterdir()):
                name = f"{path}/{entry.name}"
                if name in SHARED or self.devices.find(name):
                    continue
                self.devices.put(name, _place(entry))
                if not entry.is_symlink():
                    binds.append(f"mount --rbind /{name} {STAGE}/{name}")
        for entry in sorted((sys / "dev/char").iterdir()):
            # But those that stand behind VFIO's nodes.
            if tuple(map(int, entry.name.split(":"))) not in self.devices.numbers:
                self.devices.put(f"sys/dev/char/{entry.name}", link(os.readlink(entry)))
        containerd.execute("mkdir", STAGE, f"{STAGE}-dev")
        self.kernel.filesystem.mount(containerd.init_pid, STAGE)
        self.kernel.device = os.stat(containerd.inside(STAGE)).st_dev
        # Not shared with the stage, or what is unmounted there at the end would be unmounted everywhere.
        binds.insert(0, f"mount --make-private {STAGE}")
        binds += [f"mount --make-rprivate {STAGE}", f"mount --rbind {STAGE}/sys /sys", *self._device_folder(containerd.inside("/dev"))]
        binds += [f"umount -l {STAGE}", f"rmdir {STAGE} {STAGE}-dev"]
        containerd.execute("sh", "-ec", "\n".join(binds))
        containerd.watched["the fake host"] = self.state

    def _device_folder(self, dev: Path) -> list[str]:
        """`/dev` again, in a file system that has places for VFIO's nodes."""
        stage = f"{STAGE}-dev"
        words = [f"mount -t tmpfs -o mode=0755 tmpfs {stage}", f"mount --make-private {stage}"]
        for entry in sorted(dev.iterdir()):
            if entry.is_symlink():
                words.append(f"ln -s {os.readlink(entry)} {stage}/{entry.name}")
            elif entry.is_dir():
                words += [f"mkdir {stage}/{entry.name}", f"mount --rbind /dev/{entry.name} {stage}/{entry.name}"]
            else:
                words.append(f"cp -a /dev/{entry.name} {stage}/{entry.name}")
        words += [f"mkdir {stage}/vfio", f"mount --bind {STAGE}/dev/vfio {stage}/vfio"]
        words.append("mknod -m 600 {}/iommu c {} {}".format(stage, *self.devices.find("dev/iommu").number))
        return [*words, f"mount --make-rprivate {stage}", f"mount --rbind {stage} /dev", f"umount -l {stage}"]


def _place(entry: Path) -> Node:
    """Where an entry of the kernel's is mounted."""
    if entry.is_symlink():
        return link(os.readlink(entry))
    return folder() if entry.is_dir() else file(KERNELS_OWN)


def kill_writer(thread: int) -> None:
    """Kills the program that writes, and waits for its end. It may write by a child of its own, which dies with it."""
    process = _status(thread)["Tgid"]
    parent = _status(int(process))["PPid"]
    program = os.readlink(f"/proc/{process}/exe")
    try:
        victim = int(parent) if os.readlink(f"/proc/{parent}/exe") == program else int(process)
    except FileNotFoundError:
        victim = int(process)
    os.kill(victim, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while victim != int(process) and _status(victim).get("State", "Z")[0] not in "ZX":
        if time.monotonic() > deadline:
            raise OSError(errno.EIO, f"process {victim} does not end")
        time.sleep(0.002)


def _status(number: int) -> dict[str, str]:
    try:
        lines = Path(f"/proc/{number}/status").read_text().splitlines()
    except FileNotFoundError:
        return {}
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)
