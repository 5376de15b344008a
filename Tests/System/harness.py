"""What a system test says to a containerd: run, exec, kill, remove; and what it asks of it."""

import hashlib
import itertools
import os
import re
import signal
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from lab import configuration
from lab.events import Recorder, violations
from lab.leaks import Snapshot, leaks_since
from lab.private import RUNC, SWIFTLET, Containerd, LabError, end

IMAGE = "swiftlet.test/busybox:latest"
RUNTIMES = {"swiftlet": SWIFTLET, "runc": RUNC}


class Output:
    """Reads a stream to its end in a thread, keeping its length and checksum, not its bytes."""

    def __init__(self, stream):
        self._hash, self.length = hashlib.sha256(), 0
        self._thread = threading.Thread(target=self._read, args=(stream,))
        self._thread.start()

    def _read(self, stream) -> None:
        while data := stream.read(1 << 20):
            self._hash.update(data)
            self.length += len(data)

    def finish(self) -> str:
        self._thread.join()
        return self._hash.hexdigest()


class Lab:
    """One containerd, one runtime, one configuration; made once per version, used by one test at a time."""

    def __init__(self, version: str, runtime: str):
        self.runtime = RUNTIMES[runtime]
        self.containerd = Containerd(version)
        self.test = "none"
        self._numbers = itertools.count()

    def open(self) -> "Lab":
        self.containerd.__enter__()
        try:
            self.configure()
            self.containerd.import_images(snapshotters=("overlayfs", "native"))
            self.recorder = Recorder(self.containerd)
        except BaseException:
            self.containerd.stop()
            raise
        return self

    def close(self) -> None:
        self.recorder.stop()
        self.containerd.stop()

    # One test

    def begin(self, test: str) -> None:
        self.test = test
        self.configure()
        self.folder = self.containerd.folder / "test"
        self.folder.mkdir(mode=0o755)
        self.mark = self.recorder.mark()
        self.log_mark = self.containerd.log.stat().st_size
        self.before = Snapshot.take(self.containerd)

    @contextmanager
    def without_containerd(self, then: str | None = None):
        """Kills the daemon, and starts it (or another release of it) again at the end. The events from before are
        forgotten: their recorder ends with it."""
        self.containerd.kill_daemon()
        try:
            yield
        finally:
            if then:
                self.containerd.change_release(then)
            self.containerd.launch()
            self.recorder.stop()
            self.recorder = Recorder(self.containerd)
            self.mark = self.recorder.mark()

    def restart_containerd(self) -> None:
        """Kills the daemon and starts it again."""
        with self.without_containerd():
            pass

    def finish(self) -> str:
        """What the test has left behind and which rules of the events were broken; empty if all is well."""
        found = leaks_since(self.before, self.containerd)
        left = self.containerd.ctr("containers", "list", "-q").stdout.split()
        if left:
            found += f"\ncontainers: {', '.join(left)}"
        broken = violations(self.recorder.since(self.mark))
        if not self.recorder.is_alive:
            broken.append("the recorder of events has ended: use restart_containerd()")
        if found or broken:
            self.scrub()
        subprocess.run(["rm", "-rf", str(self.folder)], check=True)
        return "\n".join(filter(None, [found, *broken]))

    def scrub(self) -> None:
        """After a failure: away with all that is left, so that the next test starts clean."""
        for namespace in self.containerd.ctr("namespaces", "list", "-q").stdout.split():
            for kind in ("task", "container"):
                names = self.containerd.ctr("-n", namespace, kind, "list", "-q", check=False).stdout.split()
                for name in names:
                    force = ["-f"] if kind == "task" else []
                    self.containerd.ctr("-n", namespace, kind, "rm", *force, name, check=False, timeout=20)
        for process in self.containerd.processes():
            if process.pid != self.containerd.daemon:
                try:
                    os.kill(process.host_pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass

    def log(self) -> str:
        """What containerd and the shims logged during this test."""
        if not self.containerd.log.exists():
            return ""
        with open(self.containerd.log, errors="replace") as file:
            file.seek(self.log_mark)
            return file.read()

    def configure(self, changes: dict[str, dict] | None = None, text: str | None = None) -> Path:
        """Writes the configuration that the next shim reads."""
        path = self.containerd.folder / "configuration.toml"
        path.write_text(text if text is not None else configuration.render(changes))
        return path

    # Containers

    def name(self) -> str:
        """A container id that tells which test made it."""
        words = re.findall("[A-Za-z0-9]+", self.test[:50])
        return f"{'-'.join(words)}-{next(self._numbers)}"

    def _run_words(self, command, name, image, flags, namespace, mode) -> list[str]:
        words = ["-n", namespace, "run", *mode, "--runtime", self.runtime, *map(str, flags), image, name]
        return [*words, *map(str, command)]

    def run(self, *command, name=None, image=IMAGE, flags=(), namespace="default", **options):
        """`ctr run --rm`: waits for the end; the result has returncode, stdout and stderr."""
        words = self._run_words(command, name or self.name(), image, flags, namespace, ["--rm"])
        options.setdefault("check", False)
        return self.containerd.ctr(*words, **options)

    def output(self, *command, **options) -> str:
        """Standard output of a container that must end with 0."""
        done = self.run(*command, **options)
        assert done.returncode == 0, f"ended with {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout

    def spawn(self, *command, name=None, image=IMAGE, flags=(), namespace="default", **options) -> subprocess.Popen:
        """`ctr run --rm` in the background; the caller waits for it or ends it."""
        words = self._run_words(command, name or self.name(), image, flags, namespace, ["--rm"])
        options.setdefault("stdin", subprocess.DEVNULL)
        return self.containerd.popen(self.containerd.programs / "ctr", *words, **options)

    @contextmanager
    def running(self, *command, name=None, image=IMAGE, flags=(), namespace="default"):
        """A container in the background without output; killed and removed at the end. Gives its id."""
        name = name or self.name()
        words = self._run_words(command or ("sleep", "1000"), name, image, flags, namespace, ["-d", "--null-io"])
        try:
            self.containerd.ctr(*words)
            yield name
        finally:
            self.remove(name, namespace)

    def remove(self, name: str, namespace: str = "default") -> None:
        """Ends and removes what there is of a container."""
        self.kill(name, "SIGKILL", namespace=namespace)
        deadline = time.monotonic() + 10
        while self.status(name, namespace) not in ("STOPPED", None):
            if time.monotonic() > deadline:
                raise LabError(f"'{name}' is still {self.status(name, namespace)} 10 s after SIGKILL")
            time.sleep(0.05)
        self.containerd.ctr("-n", namespace, "task", "rm", name, check=False)
        self.containerd.ctr("-n", namespace, "container", "rm", name, check=False)

    def exec(self, name: str, *command, flags=(), namespace="default", **options):
        """`ctr task exec`; the result has returncode, stdout and stderr."""
        options.setdefault("check", False)
        identifier = f"exec-{next(self._numbers)}"
        words = ["-n", namespace, "task", "exec", "--exec-id", identifier, *map(str, flags), name, *map(str, command)]
        return self.containerd.ctr(*words, **options)

    def kill(self, name: str, number: str, *flags: str, namespace: str = "default"):
        return self.containerd.ctr("-n", namespace, "task", "kill", "-s", number, *flags, name, check=False)

    def status(self, name: str, namespace: str = "default") -> str | None:
        """RUNNING, STOPPED, CREATED…; nothing if there is no such task."""
        for line in self.containerd.ctr("-n", namespace, "task", "list").stdout.splitlines()[1:]:
            fields = line.split()
            if fields[0] == name:
                return fields[2]
        return None

    def wait_until(self, condition, what: str, timeout: float = 30):
        """The first true value of the condition."""
        deadline = time.monotonic() + timeout
        while not (value := condition()):
            assert time.monotonic() < deadline, f"not within {timeout} s: {what}"
            time.sleep(0.05)
        return value

    def one(self, program: str):
        """The only process whose program's name starts so."""
        found = self.containerd.named(program)
        assert len(found) == 1, f"{len(found)} processes named {program}: {[str(p) for p in found]}"
        return found[0]


__all__ = ["IMAGE", "Lab", "Output", "end"]
