"""Row 23: a guest that has been taken over, against the shim that users run. What it costs is read from /proc."""

import os
import time
from pathlib import Path

import pytest
from lab.leaks import Snapshot, leaks_since
from lab.ttrpc import RemoteError
from stubbed import KILLED, Stubbed

pytestmark = pytest.mark.vm

MEMORY = 16 << 20
CPU_SECONDS = 3.0
TICKS = os.sysconf("SC_CLK_TCK")


class Watched:
    """The shim's memory and processor time from now on."""

    def __init__(self, pid: int):
        self.process = Path(f"/proc/{pid}")
        # 5: the high-water mark of resident memory starts again.
        (self.process / "clear_refs").write_text("5")
        self.memory, self.cpu = self._memory("VmRSS"), self._cpu()

    def _memory(self, name: str) -> int:
        for line in (self.process / "status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
        raise ValueError(name)

    def _cpu(self) -> float:
        fields = (self.process / "stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def check(self) -> None:
        grown, spent = self._memory("VmHWM") - self.memory, self._cpu() - self.cpu
        print(f"memory +{grown / (1 << 20):.1f} MiB, processor {spent:.2f} s")
        assert grown < MEMORY
        assert spent < CPU_SECONDS


class Hostage:
    """A sandbox of stubs whose guest misbehaves at one call."""

    def __init__(self, lab, on: str, do: str, **agent: object):
        self.lab = lab
        self.before = Snapshot.take(lab.containerd)
        self.stubbed = Stubbed(lab)
        self.stubbed.configure(**{"runtime": {"create_container_timeout": 2}})
        self.stubbed.behave(guest={"on": on, "do": do} | agent)
        self.shim = self.stubbed.shim()
        self.client = self.shim.begin()
        self.watched = Watched(self.shim.pid)

    def call(self, method: str, *fields) -> RemoteError | None:
        """A call that may fail; one that is not answered is an error of the test."""
        try:
            if method == "Create":
                self.shim.create(self.client, self.shim.bundle / "rootfs", self.shim.stdio)
            else:
                self.shim.task(self.client, method, *fields)
        except RemoteError as error:
            return error
        return None

    def has_machine(self) -> bool:
        return any(str(self.stubbed.folder) in word for p in self.lab.containerd.processes() for word in p.command)

    def log(self) -> str:
        """What the shim has logged: nobody else reads the FIFO."""
        descriptor = os.open(self.shim.bundle / "log", os.O_RDONLY | os.O_NONBLOCK)
        try:
            data = b""
            while piece := self._read(descriptor):
                data += piece
        finally:
            os.close(descriptor)
        return data.decode()

    @staticmethod
    def _read(descriptor: int) -> bytes:
        try:
            return os.read(descriptor, 1 << 16)
        except BlockingIOError:
            return b""

    def finish(self) -> None:
        """The shim lives, has told nothing but plain lines, and leaves nothing."""
        self.shim.task(self.client, "Connect")
        self.watched.check()
        for line in self.log().splitlines():
            assert line.startswith("time="), line[:200]
            assert line.isprintable(), line[:200]
            assert len(line) < 8192
        self.client.close()
        assert not self.shim.abandon()
        assert not leaks_since(self.before, self.lab.containerd, 5)


#: what no agent does: the connection is closed, the machine is ended
BREACHES = [
    ("WaitProcess", "oversized"),
    ("WaitProcess", "four-gigabytes"),
    ("ReadStdout", "zero"),
    ("WaitProcess", "wrong-stream"),
    ("WaitProcess", "stream-zero"),
    ("WaitProcess", "unknown-type"),
    ("WaitProcess", "request"),
    ("ReadStdout", "unsolicited"),
    ("WaitProcess", "stream-data"),
    ("WaitProcess", "invalid-protobuf"),
    ("WaitProcess", "invalid-message"),
    ("WaitProcess", "long-text"),
    ("ReadStdout", "long-data"),
    ("WaitProcess", "close"),
    ("ReadStderr", "exit"),
]


@pytest.mark.parametrize(("on", "do"), BREACHES, ids=[do for _, do in BREACHES])
def test_row23_breach_ends_the_sandbox(lab, on, do):
    hostage = Hostage(lab, on, do)
    assert hostage.call("Create") is None
    assert hostage.call("Start") is None
    status = hostage.shim.task(hostage.client, "Wait").get(1)
    assert status == KILLED
    lab.wait_until(lambda: not hostage.has_machine(), "the machine ends", 10)
    error = hostage.call("Exec", (2, "more"), (7, [(1, "process"), (2, '{"args": ["true"], "cwd": "/"}')]))
    assert error is not None
    assert hostage.call("Delete") is None
    hostage.finish()


@pytest.mark.parametrize("do", ["duplicate", "close", "exit", "oversized"])
def test_row23_breach_before_anything_runs(lab, do):
    """Nobody waits for a process yet: the end of the connection alone must tell."""
    hostage = Hostage(lab, "CreateContainer", do)
    failed = hostage.call("Create")
    lab.wait_until(lambda: not hostage.has_machine(), "the machine ends", 10)
    if failed is None:
        assert hostage.shim.task(hostage.client, "Wait").get(1) == KILLED
        assert hostage.call("Delete") is None
    hostage.finish()


@pytest.mark.parametrize("do", ["never", "slow", "half"])
def test_row23_no_answer(lab, do):
    hostage = Hostage(lab, "CreateContainer", do)
    begin = time.monotonic()
    error = hostage.call("Create")
    assert error is not None and error.code == 4
    # Two seconds for the call; what was begun is then asked to be removed, for five at most.
    assert time.monotonic() - begin < 20
    assert not hostage.has_machine()
    hostage.finish()


@pytest.mark.parametrize("on", ["CreateSandbox", "CreateContainer", "StartContainer"])
@pytest.mark.parametrize("do", ["error", "escapes", "long-text"])
def test_row23_words_of_the_guest(lab, on, do):
    """An error's text is shown to people: it is short, and nothing in it drives a terminal."""
    hostage = Hostage(lab, on, do)
    error = hostage.call("Create")
    if on == "StartContainer":
        assert error is None
        error = hostage.call("Start")
    assert error is not None
    assert len(error.message) < 4096
    assert error.message.replace("\n", "").isprintable(), error.message[:300]
    hostage.finish()


def test_row23_numbers_beyond_reason(lab):
    hostage = Hostage(lab, "WaitProcess", "huge-numbers")
    assert hostage.call("Create") is None
    assert hostage.call("Start") is None
    # The guest says what it likes; a status is one byte.
    assert hostage.shim.task(hostage.client, "Wait").get(1) == 255
    assert hostage.call("Delete") is None
    hostage.finish()
