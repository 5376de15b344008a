"""A pod without containerd: one shim, one machine, and containers in it whose every file and field a test chooses."""

import copy
import json
import os
import shutil
from pathlib import Path

from lab.oci import BUSYBOX
from lab.ttrpc import RemoteError, Shim, make_bundle

APPLETS = ("sh", "ls", "cat", "echo", "ln", "mkdir", "mknod", "mount", "mv", "rm", "sleep", "dd", "touch", "stat", "id")
SPECIFICATION = {
    "ociVersion": "1.0.2",
    "process": {"user": {"uid": 0, "gid": 0}, "args": ["sleep", "1000"], "env": ["PATH=/bin"], "cwd": "/"},
    "root": {"path": "rootfs"},
    "mounts": [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["ro", "nosuid", "noexec", "nodev"]},
        {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755", "size=64k"]},
    ],
    "linux": {"namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")]},
}
TASK = "containerd.task.v2.Task"


def make_root(folder: Path) -> None:
    """A root file system of one program, sixty times in no time: the program is a hard link."""
    for name in ("bin", "dev", "etc", "proc", "sys", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    busybox = folder / "bin/busybox"
    shared = folder.parents[1] / "busybox"
    if not shared.exists():
        shutil.copy2(BUSYBOX, shared)
    os.link(shared, busybox)
    for name in APPLETS:
        (folder / "bin" / name).symlink_to("busybox")


class Pod:
    """Use it as a context manager; what `create` makes is in the pod's machine. `changes` are to the specification of its
    first container."""

    def __init__(self, lab, name: str = "pod", **changes):
        self.lab, self.name = lab, name
        self.bundle = self._bundle(name, changes, "sandbox")
        self.shim = Shim(lab.containerd, name, self.bundle)

    def __enter__(self) -> "Pod":
        done = self.shim.start()
        assert done.returncode == 0, done.stderr
        self.client = self.shim.client()
        self.shim.create(self.client, self.bundle / "rootfs")
        self.shim.task(self.client, "Start")
        return self

    def __exit__(self, *_) -> None:
        # What a test has left is the machine's to lose; the verb clears the rest.
        try:
            self.call("Kill", self.name, (3, 9), (4, True))
            self.call("Wait", self.name)
            self.call("Delete", self.name)
        except (RemoteError, OSError):
            pass
        self.shim.shutdown(self.client)
        self.client.close()
        assert self.shim.delete().returncode == 0

    def _bundle(self, name: str, changes: dict, kind: str) -> Path:
        specification = copy.deepcopy(SPECIFICATION) | {
            "annotations": {
                "io.kubernetes.cri.container-type": kind,
                "io.kubernetes.cri.sandbox-id": self.name,
            }
        }
        for key, value in changes.items():
            merged = isinstance(value, dict) and isinstance(specification.get(key), dict)
            specification[key] = specification[key] | value if merged else value
        bundle = make_bundle(self.lab.folder / "bundles" / name, specification)
        make_root(bundle / "rootfs")
        return bundle

    def bundle_of(self, name: str, **changes) -> Path:
        """The bundle of a further container, with changes to its specification."""
        return self._bundle(name, changes, "container")

    def call(self, method: str, name: str, *fields) -> dict[int, object]:
        return self.client.call(TASK, method, [(1, name), *fields])

    def create(self, name: str, bundle: Path, rootfs: Path | None = None, kind: str = "bind") -> None:
        source = str(rootfs or bundle / "rootfs")
        self.call("Create", name, (2, str(bundle)), (3, [(1, kind), (2, source), (4, "rbind"), (4, "rw")]))

    def exec(self, name: str, number: str, process: dict) -> int:
        """Runs a further process to its end; gives its exit status."""
        return self.run_process(name, number, json.dumps(process).encode())

    def run_process(self, name: str, number: str, process: bytes) -> int:
        """The same, with the bytes as the specification of the process."""
        self.call("Exec", name, (2, number), (7, [(1, "process"), (2, process)]))
        self.call("Start", name, (2, number))
        status = self.call("Wait", name, (2, number)).get(1, 0)
        self.call("Delete", name, (2, number))
        return status

    def finish(self, name: str) -> int:
        """Waits for the end and deletes; gives the exit status."""
        status = self.call("Wait", name).get(1, 0)
        self.call("Delete", name)
        return status

    def end(self, name: str) -> int:
        self.call("Kill", name, (3, 9), (4, True))
        return self.finish(name)
