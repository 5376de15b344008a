"""What every measurement needs: a private containerd, a stopwatch inside it, pods, and what is left of them."""

import io
import itertools
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

from .. import cgroups, configuration, oci
from ..leaks import SHARED_PARENTS
from ..private import ADDRESS, RUNC, SWIFTLET, Containerd, LabError, Process, end

IMAGE = "swiftlet.test/busybox:latest"
RUNTIMES = {"swiftlet": SWIFTLET, "runc": RUNC}
SHIMS = {"swiftlet": "containerd-shim-swiftlet-v2", "runc": "containerd-shim-runc-v2"}
#: inside; what runtimes leave would lie here
PLACES = ("/run/swiftlet", "/run/containerd/s", "/run/containerd/runc", "/run/containerd/io.containerd.runtime.v2.task")


def say(text: str) -> None:
    """Progress; the table alone goes to standard output."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def alternate(sides: dict[str, Callable[[], object]], pairs: int) -> dict[str, list]:
    """One uncounted turn of each side, then `pairs` rounds, each second one in reverse order (ABBA): drift of the
    machine hits all sides alike."""
    for measure in sides.values():
        measure()
    found: dict[str, list] = {name: [] for name in sides}
    for turn in range(pairs):
        for name in list(sides)[:: -1 if turn % 2 else 1]:
            found[name].append(sides[name]())
    return found


def unpack_busybox(folder: Path) -> Path:
    """A root file system as the test images have it."""
    with tarfile.open(fileobj=io.BytesIO(oci.busybox_layer())) as layer:
        layer.extractall(folder)
    return folder


class BenchLab:
    """A private containerd with the stopwatch inside. Use it as a context manager."""

    def __init__(self, version: str, changes: dict[str, dict] | None = None):
        self.containerd = Containerd(version)
        #: what the configuration has besides that of the tests
        self.changes = changes or {}
        self._numbers = itertools.count(1)
        self._stopwatch: subprocess.Popen | None = None

    def __enter__(self) -> "BenchLab":
        self.containerd.__enter__()
        try:
            self.settings.write_text(configuration.render(self.changes))
            self.containerd.import_images()
            program = Path(__file__).with_name("inside.py")
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
            self._stopwatch = self.containerd.popen("/usr/bin/python3", "-B", program, **pipes)
        except BaseException:
            self.containerd.stop()
            raise
        return self

    def __exit__(self, *_) -> None:
        # What runs inside ends with the namespaces, whatever state it is in.
        self.containerd.stop()
        end(self._stopwatch)
        self._stopwatch.wait()
        self._stopwatch.stdin.close()
        self._stopwatch.stdout.close()

    def configure(self, name: str, changes: dict[str, dict]) -> Path:
        """Another configuration beside the lab's own, with these changes besides."""
        tables = {table: dict(keys) for table, keys in self.changes.items()}
        for table, keys in changes.items():
            tables.setdefault(table, {}).update(keys)
        path = self.containerd.folder / name
        path.write_text(configuration.render(tables))
        return path

    @property
    def settings(self) -> Path:
        return self.containerd.folder / "configuration.toml"

    @property
    def ctr(self) -> str:
        return str(self.containerd.programs / "ctr")

    def name(self) -> str:
        return f"bench-{next(self._numbers)}"

    # The stopwatch

    def order(self, **order) -> dict:
        self._stopwatch.stdin.write(json.dumps(order) + "\n")
        self._stopwatch.stdin.flush()
        line = self._stopwatch.stdout.readline()
        if not line:
            raise LabError("the stopwatch inside the lab has ended")
        answer = json.loads(line)
        if "error" in answer:
            raise LabError(answer["error"])
        return answer

    def timed(self, *argv: str, **order) -> dict:
        """Runs a program inside that must end with 0."""
        answer = self.order(do="run", argv=[str(word) for word in argv], **order)
        if answer["status"] != 0:
            words = " ".join(map(str, argv))
            said = f"{answer['errors'].strip()}\n{self.containerd.tail(15)}"
            raise LabError(f"'{words}' ended with {answer['status']} after {answer['seconds']:.1f} s: {said}")
        return answer

    # Pods

    def run_words(self, runtime: str, *flags: str) -> list[str]:
        return [self.ctr, "run", *flags, "--runtime", RUNTIMES[runtime], IMAGE]

    @contextmanager
    def pod(self, runtime: str):
        """A container that sleeps, without output. Gives its name; whatever is left of it is removed."""
        name = self.name()
        try:
            self.timed(*self.run_words(runtime, "-d", "--null-io"), name, "sleep", "1000")
            yield name
        finally:
            self.containerd.ctr("task", "rm", "-f", name, check=False)
            self.containerd.ctr("container", "rm", name, check=False)

    def shim(self, name: str) -> Process:
        """The serving shim of a container."""
        # One that changes its parent while the processes are looked through can be missed.
        for _ in range(10):
            for process in self.containerd.named("containerd-shim-"):
                words = process.command
                if "-id" in words and words[words.index("-id") + 1] == name and process.state != "Z":
                    return process
            time.sleep(0.01)
        raise LabError(f"no shim of '{name}' runs")

    def helpers(self, name: str) -> dict[str, list[Process]]:
        """The processes below a container's shim, by the file name of their program."""
        everything = self.containerd.processes()
        found: dict[str, list[Process]] = {}
        pending = [self.shim(name).host_pid]
        while pending:
            parent = pending.pop()
            for process in everything:
                if process.parent == parent:
                    pending.append(process.host_pid)
                    found.setdefault(Path(process.command[0].split("[")[0]).name, []).append(process)
        return found

    def monitor(self, name: str) -> Process:
        """The process that is a container's virtual machine."""
        for processes in self.helpers(name).values():
            for process in processes:
                if process.command[1:2] == ("-name",):
                    return process
        raise LabError(f"no virtual machine runs for '{name}'")

    # What is left

    def traces(self) -> set[str]:
        """Processes, files, and cgroups of pods; not containerd and what it makes once for all."""
        return self._files() | self._cgroups() | self._processes()

    def _files(self) -> set[str]:
        found = set()
        for place in PLACES:
            root = self.containerd.inside(place)
            for path, folders, files in os.walk(root):
                inner = place + path[len(str(root)) :]
                found.update(f"{inner}/{entry}" for entry in (*folders, *files))
        return {path for path in found if not SHARED_PARENTS.fullmatch(path)}

    def _cgroups(self) -> set[str]:
        return {folder for folder in cgroups.below(self.containerd.cgroups) if not SHARED_PARENTS.fullmatch(folder)}

    def _processes(self) -> set[str]:
        return {f"process {p.pid} {' '.join(p.command)[:80]}" for p in self.containerd.processes()}

    def wait_until_gone(self, before: set[str], limit: float = 10) -> float:
        """Waits until nothing is there but what was before; the moment when that was seen."""
        deadline = time.monotonic() + limit
        while True:
            # The cheap looks first: the last one alone takes some milliseconds.
            left = (self._files() - before) or (self._cgroups() - before) or (self._processes() - before)
            now = time.monotonic()
            if not left:
                return now
            if now > deadline:
                raise LabError(f"still there after {limit:.0f} s: {', '.join(sorted(left)[:5])}")
            time.sleep(0.001)

    # Bundles

    def bundle_of(self, name: str) -> dict:
        """The specification that containerd gave a running container."""
        path = f"/run/containerd/io.containerd.runtime.v2.task/default/{name}/config.json"
        return json.loads(self.containerd.inside(path).read_text())

    def address_of(self, name: str) -> str:
        """The path of the socket of a container's shim, inside."""
        path = f"/run/containerd/io.containerd.runtime.v2.task/default/{name}/address"
        return self.containerd.inside(path).read_text().strip().removeprefix("unix://")

    def shim_environment(self) -> dict[str, str]:
        """What containerd adds for a shim."""
        added = {"TTRPC_ADDRESS": f"{ADDRESS}.ttrpc", "GRPC_ADDRESS": ADDRESS}
        if self.containerd.version != "1.6":
            added["MAX_SHIM_VERSION"] = "2"
        return self.containerd.environment | added

    @contextmanager
    def folder(self, name: str):
        """A folder at the same path inside and outside."""
        path = self.containerd.folder / name
        path.mkdir()
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)
