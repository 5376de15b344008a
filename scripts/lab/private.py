"""A containerd in namespaces of its own: nothing of it can be seen or left outside, and it ends with its parent."""

import ctypes
import json
import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import cgroups, oci
from .paths import BIN, LAB, RUN, require

VERSIONS = ("1.6", "1.7", "2.1")
SWIFTLET = "io.containerd.swiftlet.v2"
RUNC = "io.containerd.runc.v2"
ADDRESS = "/run/containerd/containerd.sock"

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)

CONFIG = """\
version = 2
root = "{root}"
state = "/run/containerd"
disabled_plugins = [
  "io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime",
  "io.containerd.internal.v1.opt", "io.containerd.nri.v1.nri", "io.containerd.tracing.processor.v1.otlp",
]
[grpc]
address = "{address}"
"""


class LabError(Exception):
    """The lab itself failed, not what is tested in it."""


def sweep() -> None:
    """Removes what a lab that was killed has left on disk; its processes and mounts died with it."""
    for folder in RUN.glob("*-*-*"):
        if not Path(f"/proc/{folder.name.split('-')[1]}").exists():
            cgroups.remove([mount / folder.name for mount, _, _ in cgroups.hierarchies()], patience=0)
            shutil.rmtree(folder, ignore_errors=True)


def end(process: subprocess.Popen) -> None:
    """Kills what `popen()` started: nsenter and the program that it waits for."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


@dataclass(frozen=True)
class Process:
    """A process of the namespaces, by its host's and its own numbers."""

    host_pid: int
    pid: int
    parent: int
    state: str
    command: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.pid} {self.state} {' '.join(self.command)[:300]}"


class Containerd:
    """A private containerd. Use it as a context manager.

    `configuration` is what SWIFTLET_CONF_FILE names; `configuration.toml` in `self.folder` if none is given. Files
    below `self.folder` are the same path inside and outside; everything below /run is inside only: see `inside()`.
    """

    def __init__(self, version: str, configuration: Path | None = None, environment: dict[str, str] | None = None):
        if version not in VERSIONS:
            raise LabError(f"no containerd {version}: one of {', '.join(VERSIONS)}")
        self.version = version
        self.programs = require(LAB / f"containerd-{version}/bin", "scripts/setup")
        self.folder = RUN / f"{version}-{os.getpid()}-{time.monotonic_ns() // 1000 % 10**9}"
        self.log = self.folder / "containerd.log"
        path = [BIN, self.programs, LAB / "bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        self.environment = {
            "PATH": ":".join(map(str, path)),
            "HOME": "/root",
            "TMPDIR": str(self.folder / "tmp"),
            "CONTAINERD_ADDRESS": ADDRESS,
            "SWIFTLET_CONF_FILE": str(configuration or self.folder / "configuration.toml"),
        }
        self.environment.update(environment or {})
        self.init: subprocess.Popen | None = None
        self.cgroups: list[Path] = []
        self.daemon = 0
        #: what else the oracle of leaks compares: by kind, the function that gives its lines
        self.watched: dict[str, Callable[[], Counter]] = {}

    # Life

    def __enter__(self) -> "Containerd":
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def start(self) -> None:
        if os.geteuid() != 0:
            raise LabError("can't make namespaces: not root; run as root")
        sweep()
        (self.folder / "tmp").mkdir(parents=True)
        config = self.folder / "config.toml"
        config.write_text(CONFIG.format(root=self.folder / "root", address=ADDRESS))
        self.cgroups = cgroups.create(self.folder.name)
        job = {
            "arguments": ["--config", str(config), "--log-level", "debug"],
            "environment": self.environment,
            "log": str(self.log),
        }
        parent = os.getpid()

        def before_exec() -> None:
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)
            # The cgroup namespace's root is where this process is when it is made.
            cgroups.enter(self.cgroups)

        unshare = "unshare --mount --net --pid --ipc --uts --cgroup --fork --kill-child --propagation private"
        init = ["/usr/bin/python3", "-B", str(Path(__file__).with_name("nsinit.py")), json.dumps(job)]
        self.init = subprocess.Popen(
            [*unshare.split(), "--mount-proc", "--", *init],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            preexec_fn=before_exec,
            start_new_session=True,
        )
        self._answer("ready")
        cgroups.settle(self.cgroups)
        self.launch()

    def change_release(self, version: str) -> None:
        """Another release from the next launch on, with the same state."""
        self.version, self.programs = version, require(LAB / f"containerd-{version}/bin", "scripts/setup")

    def launch(self) -> None:
        """Starts the daemon (again), of the release that `programs` holds, and waits until it answers."""
        self.init.stdin.write(f"start={self.programs / 'containerd'}\n")
        self.init.stdin.flush()
        self.daemon = int(self._answer("started"))
        deadline = time.monotonic() + 30
        while self.ctr("version", check=False).returncode != 0:
            if time.monotonic() > deadline:
                raise LabError(f"containerd {self.version} doesn't answer; the end of its log:\n{self.tail()}")
            time.sleep(0.05)

    def kill_daemon(self, number: int = signal.SIGKILL) -> None:
        """Ends the daemon alone; shims and their children stay. `launch()` starts it again."""
        os.kill(self.host_pid(self.daemon), number)
        self._answer("ended")

    def stop(self) -> None:
        if self.init is not None:
            # End of input makes the first process of the namespaces leave: the kernel kills and unmounts the rest.
            self.init.stdin.close()
            try:
                self.init.wait(10)
            except subprocess.TimeoutExpired:
                self.init.kill()
                self.init.wait()
            self.init.stdout.close()
            self.init = None
        cgroups.remove(self.cgroups)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answer(self, word: str) -> str:
        line = self.init.stdout.readline()
        if not line.startswith(word):
            raise LabError(f"the lab's init answered '{line.strip()}' instead of '{word}'; containerd:\n{self.tail()}")
        return line.removeprefix(word).strip()

    def tail(self, lines: int = 20) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    # Inside

    @property
    def init_pid(self) -> int:
        """The host's number of the first process inside."""
        children = Path(f"/proc/{self.init.pid}/task/{self.init.pid}/children").read_text().split()
        if not children:
            raise LabError("the lab's init is gone")
        return int(children[0])

    def inside(self, path: str) -> Path:
        """A path of the inside as the host reaches it."""
        return Path(f"/proc/{self.init_pid}/root") / path.lstrip("/")

    def command(self, *arguments: str) -> list[str]:
        """The command line that runs a program inside."""
        namespaces = ["-m", "-n", "-p", "-i", "-u", "-C"]
        return ["nsenter", "-t", str(self.init_pid), *namespaces, "--", *map(str, arguments)]

    def popen(self, *arguments: str, **options) -> subprocess.Popen:
        """Starts a program inside, in a process group of its own: end it by `end()`."""
        options.setdefault("env", self.environment)
        return subprocess.Popen(self.command(*arguments), start_new_session=True, **options)

    def execute(self, *arguments: str, check: bool = True, timeout: float = 120, input=None, **options):
        """Runs a program inside to its end; text in and out unless told otherwise."""
        options.setdefault("text", True)
        options.setdefault("stdin", subprocess.DEVNULL if input is None else subprocess.PIPE)
        if options.pop("capture_output", True):
            options.setdefault("stdout", subprocess.PIPE)
            options.setdefault("stderr", subprocess.PIPE)
        with self.popen(*arguments, **options) as process:
            try:
                output, errors = process.communicate(input, timeout)
            except BaseException as error:
                end(process)
                if isinstance(error, subprocess.TimeoutExpired):
                    output, errors = process.communicate()
                    words = " ".join(map(str, arguments))
                    raise LabError(f"'{words}' didn't end within {timeout} s: {output} {errors}") from None
                raise
        done = subprocess.CompletedProcess(process.args, process.returncode, output, errors)
        if check and done.returncode != 0:
            raise LabError(f"'{' '.join(map(str, arguments))}' ended with {done.returncode}: {done.stderr}")
        return done

    def ctr(self, *arguments: str, **options):
        return self.execute(self.programs / "ctr", *arguments, **options)

    def import_images(self, archive: bytes | None = None, snapshotters: tuple[str, ...] = ("overlayfs",)) -> None:
        """The test images (or another OCI layout), unpacked for the snapshotters."""
        path = self.folder / "images.tar"
        path.write_bytes(archive if archive is not None else oci.layout(oci.standard_images()))
        # From 2.0 on the daemon unpacks, and by one configured snapshotter only; --local is what was before.
        local = [] if self.version.startswith("1.") else ["--local"]
        for snapshotter in snapshotters:
            self.ctr("images", "import", *local, "--snapshotter", snapshotter, path)
        path.unlink()

    # Processes

    def processes(self) -> list[Process]:
        """Every process of the namespaces, however deep its pid namespace lies, but the lab's own init."""
        init = self.init_pid
        found, children = [], {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    fields = dict(
                        line.split(":\t", 1) for line in (entry / "status").read_text().splitlines() if ":\t" in line
                    )
                    command = (entry / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
                except OSError:
                    continue  # it ended meanwhile
                children.setdefault(int(fields["PPid"]), []).append((int(entry.name), fields, command))
        pending = [init]
        while pending:
            for host_pid, fields, command in children.get(pending.pop(), ()):
                pending.append(host_pid)
                numbers = fields["NSpid"].split()
                words = tuple(word.decode(errors="replace") for word in command)
                name = words if words != ("",) else (f"[{fields['Name']}]",)
                depth = min(1, len(numbers) - 1)
                state = fields["State"][0]
                found.append(Process(host_pid, int(numbers[depth]), int(fields["PPid"]), state, name))
        return sorted(found, key=lambda process: process.pid)

    def host_pid(self, pid: int) -> int:
        """The host's number of a process inside, by its number there."""
        for process in self.processes():
            if process.pid == pid:
                return process.host_pid
        raise LabError(f"no process {pid} inside")

    def named(self, word: str) -> list[Process]:
        """Processes whose program's file name starts with the word."""
        return [process for process in self.processes() if Path(process.command[0]).name.startswith(word)]
