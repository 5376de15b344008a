"""A sandbox without a virtual machine: the real shim and virtiofsd, a stub VMM and a stub guest. A life takes a moment."""

import json
import os
import time
from pathlib import Path

import pytest

from lab.paths import ROOT
from lab.ttrpc import Client, RemoteError, Shim, make_bundle

STUBS = Path(__file__).parent / "stubs"
SPECIFICATION = {
    "ociVersion": "1.0.2",
    "process": {"user": {"uid": 0, "gid": 0}, "args": ["sleep"], "env": ["PATH=/bin"], "cwd": "/"},
    "root": {"path": "rootfs"},
    "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
    "linux": {"namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")]},
}
KILLED = 137


class Stubbed:
    """Makes sandboxes of stubs in one lab."""

    def __init__(self, lab, folder: str = "stubs"):
        if os.path.exists("/dev/vhost-vsock"):
            pytest.skip("the stub guest stands behind a vsock daemon, and this host's kernel has a vsock of its own")
        self.lab = lab
        self.folder = lab.folder / folder
        self.folder.mkdir()
        for name in ("stub-vmm", "stub-guest"):
            (self.folder / name).symlink_to(STUBS / name)
        self.configure()
        self._count = 0

    def configure(self, **changes: dict) -> None:
        """The lab's configuration with the stubs, and other changes per table."""
        qemu = {"path": str(self.folder / "stub-vmm"), "vhost_user_vsock_daemon": str(self.folder / "stub-guest")}
        tables = {"hypervisor.qemu": qemu}
        for table, keys in changes.items():
            tables.setdefault(table, {}).update(keys)
        self.lab.configure(tables)

    def behave(self, vmm: dict | None = None, guest: dict | None = None) -> None:
        """How the stubs that are started from now on misbehave; see there."""
        for name, how in (("stub-vmm", vmm), ("stub-guest", guest)):
            (self.folder / f"{name}.json").write_text(json.dumps(how or {}))

    def shim(self, program: Path | None = None, **changes) -> "StubbedShim":
        """A shim in a bundle of its own, with changes to the specification; not started."""
        self._count += 1
        name = f"{self.folder.name}-{self._count}"
        bundle = make_bundle(self.lab.folder / f"bundle-{name}", SPECIFICATION | changes)
        return StubbedShim(self.lab.containerd, name, bundle, program)


class StubbedShim(Shim):
    """One shim and the life of its container."""

    def __init__(self, containerd, identifier: str, bundle: Path, program: Path | None):
        super().__init__(containerd, identifier, bundle, program=program)
        #: what the environment of `start`, and of the process that serves, has in addition
        self.start_settings: dict[str, str] = {}
        for name in ("stdin", "stdout", "stderr"):
            os.mkfifo(bundle / name)
        self.stdio = tuple(str(bundle / name) for name in ("stdin", "stdout", "stderr"))

    @property
    def pid(self) -> int:
        """The host's number of the process that serves."""
        return self.containerd.host_pid(int((self.bundle / "shim.pid").read_text()))

    def begin(self) -> Client:
        """Starts the shim and connects."""
        done = self.start(**self.start_settings)
        assert done.returncode == 0, done.stderr
        return self.client()

    def create_and_start(self, client: Client) -> None:
        self.create(client, self.bundle / "rootfs", self.stdio)
        self.task(client, "Start")

    def end(self, client: Client) -> int:
        """Kill, Wait and Delete; gives the exit status."""
        self.task(client, "Kill", (3, 9), (4, True))
        status = self.task(client, "Wait").get(1, 0)
        self.task(client, "Delete")
        return status

    def live(self) -> None:
        """A whole life with an exec in it; every call must succeed."""
        client = self.begin()
        self.create_and_start(client)
        process = json.dumps({"args": ["sleep"], "cwd": "/", "user": {"uid": 0, "gid": 0}})
        self.task(client, "Exec", (2, "more"), (7, [(1, "process"), (2, process)]))
        self.task(client, "Start", (2, "more"))
        self.task(client, "Kill", (2, "more"), (3, 9))
        assert self.task(client, "Wait", (2, "more"))[1] == KILLED
        self.task(client, "Delete", (2, "more"))
        assert self.end(client) == KILLED
        self.shutdown(client)
        client.close()

    def abandon(self) -> list[str]:
        """What containerd does with a task whose creation failed or whose shim has gone; gives what went wrong.

        Delete and Shutdown for a shim that still answers, then the verb `delete`."""
        if self.address:
            try:
                client = self.client(timeout=20)
            except OSError:
                pass  # nobody listens any more
            else:
                for method, fields in (("Kill", ((3, 9), (4, True))), ("Delete", ())):
                    try:
                        self.task(client, method, *fields)
                    except (RemoteError, OSError):
                        pass
                self.shutdown(client)
                client.close()
        return self.delete_twice()

    def delete_twice(self) -> list[str]:
        """Row 3: `delete` twice at once, then once more; each must succeed."""
        words = ["delete", "-bundle", str(self.bundle)]
        at_once = [self.popen_verb(*words) for _ in range(2)]
        problems = []
        for process in at_once:
            _, errors = process.communicate(timeout=20)
            if process.returncode != 0:
                problems.append(f"delete at once ended with {process.returncode}: {errors.decode(errors='replace')}")
        again = self.delete()
        if again.returncode != 0:
            problems.append(f"another delete ended with {again.returncode}: {again.stderr}")
        return problems

    def gone_within(self, limit: float) -> bool:
        """Whether the serving process ends in time."""
        end = time.monotonic() + limit
        number = int((self.bundle / "shim.pid").read_text())
        while any(process.pid == number and process.state != "Z" for process in self.containerd.processes()):
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        return True


DEBUG_SHIM = ROOT / ".build/debug/containerd-shim-swiftlet-v2"
