"""The debug console: a root shell in the guest, off unless the configuration says otherwise."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
from pathlib import Path

import pytest

from lab.paths import BIN, LAB
from lab.private import ADDRESS

pytestmark = pytest.mark.vm

ON = {"agent.kata": {"debug_console_enabled": True}}
BUILD = Path(__file__).resolve().parents[2] / "scripts/guest/build"


@pytest.fixture(scope="session")
def shell_initrd():
    """A guest's initrd with a shell in it."""
    folder = LAB / "guest-with-shell"
    subprocess.run([BUILD, "--shell", "/bin/busybox", "--output", folder], check=True, stdout=subprocess.DEVNULL)
    return folder / "initrd"


def with_shell(initrd) -> dict:
    return ON | {"hypervisor.qemu": {"initrd": str(initrd)}}


def console(lab, name: str, text: str = "", *words: str):
    """`swiftlet console` without a terminal: what is typed comes from a pipe."""
    command = [BIN / "swiftlet", "console", name, "--address", ADDRESS, *words]
    return lab.containerd.execute(*command, input=text, check=False, timeout=60)


def test_console_is_off_by_default(lab):
    with lab.running() as name:
        done = console(lab, name)
        assert done.returncode != 0 and done.stdout == ""
        assert "nobody listens in its guest; set debug_console_enabled = true" in done.stderr
        # No annotation can change that.
        assert "agent.debug_console" not in " ".join(lab.one("qemu-system").command)


def test_console_of_no_sandbox(lab):
    done = console(lab, "absent", "", "--namespace", "other")
    assert done.returncode != 0
    assert "can't find sandbox 'absent' in namespace 'other': it does not run here" in done.stderr


def test_annotations_do_not_open_it(lab):
    annotation = "io.katacontainers.config.agent.debug_console_enabled=true"
    lab.configure({"hypervisor.qemu": {"enable_annotations": ["debug_console_enabled"]}})
    with lab.running(flags=["--annotation", annotation]) as name:
        assert "agent.debug_console" not in " ".join(lab.one("qemu-system").command)
        assert console(lab, name).returncode != 0


def test_console_without_a_shell_in_the_guest(lab):
    lab.configure(ON)
    with lab.running() as name:
        done = console(lab, name)
        assert "can't open a shell: the guest has none at '/bin/bash'" in done.stdout


def test_console_is_a_shell_of_the_guest(lab, shell_initrd):
    lab.configure(with_shell(shell_initrd))
    with lab.running() as name:
        done = console(lab, name, "echo pid1 is $(cat /proc/1/comm) in $(ls /run/kata-containers)\n")
        assert done.returncode == 0, done.stderr
        assert "pid1 is init in" in done.stdout or "pid1 is swiftlet-agent in" in done.stdout
        # The container goes on, and the next shell is a fresh one.
        done = console(lab, name, "echo $((6*7)); exit 3\n")
        assert "42" in done.stdout
        assert lab.status(name) == "RUNNING"


def test_console_has_a_terminal_of_the_windows_size(lab, shell_initrd):
    lab.configure(with_shell(shell_initrd))
    with lab.running() as name:
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 101, 0, 0))
        command = [BIN / "swiftlet", "console", name, "--address", ADDRESS]
        process = lab.containerd.popen(*map(str, command), stdin=slave, stdout=slave, stderr=slave)
        os.close(slave)
        try:
            said = read_until(master, b"# ")
            # Nothing of this is interpreted on this side: Ctrl-C interrupts the guest's sleep.
            os.write(master, b"sleep 1000\r")
            read_until(master, b"sleep 1000")
            os.write(master, b"\x03")
            read_until(master, b"# ")
            os.write(master, b"busybox stty size; tty; exit\r")
            said = read_until(master, None)
            assert process.wait(timeout=20) == 0
        finally:
            process.kill()
            process.wait()
            os.close(master)
        assert b"33 101" in said and b"/dev/pts/" in said


def read_until(descriptor: int, end: bytes | None) -> bytes:
    """What comes until it ends so; with None until the other side has closed."""
    said = b""
    while end is None or end not in said:
        assert select.select([descriptor], [], [], 60)[0], f"nothing came after {said!r}"
        try:
            data = os.read(descriptor, 4096)
        except OSError:
            data = b""
        if not data:
            assert end is None, f"ended after {said!r}"
            break
        said += data
    return said
