"""What the guest says on its console, in the log of the shim: bounded, escaped, and with its source."""

import time
from pathlib import Path

import pytest

from test_console import console, shell_initrd, with_shell  # noqa: F401  (a fixture)

pytestmark = pytest.mark.vm


def console_lines(lab) -> list[str]:
    return [line for line in lab.log().splitlines() if 'msg="guest console"' in line]


def processor_seconds(process) -> float:
    fields = Path(f"/proc/{process.host_pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def test_agent_lines_reach_the_log(lab):
    with lab.running() as name:
        ready = [line for line in console_lines(lab) if "line=ready" in line]
        assert len(ready) == 1
        assert "level=info" in ready[0] and "source=agent" in ready[0] and f"sandbox={name}" in ready[0]


def test_debug_reaches_the_agent(lab):
    """The lab's containerd logs at level debug, and so does the shim; the guest's agent is told."""
    with lab.running():
        assert "agent.log=debug" in " ".join(lab.one("qemu-system").command)
        lines = [line for line in console_lines(lab) if "level=debug" in line and "source=agent" in line]
        assert any("CreateContainer" in line for line in lines), console_lines(lab)


def test_fault_23_a_guest_that_floods_its_console(lab, shell_initrd):  # noqa: F811
    """NUL and escapes, 4 MiB without a line's end, and lines without end: bounded work, and no line that is broken."""
    lab.configure(with_shell(shell_initrd))
    with lab.running() as name:
        hostile = r"printf '<3>\033[31mred\0\033]0;title\007\nlevel=fatal msg=\"x\"\n' > /dev/console"
        long = "head -c 4194304 /dev/zero | tr '\\0' x > /dev/console; echo > /dev/console"
        console(lab, name, f"{hostile}\n{long}\n")
        lab.wait_until(lambda: [line for line in console_lines(lab) if "bytes_left_out=" in line], "the long line")
        lines = console_lines(lab)
        red = [line for line in lines if "red" in line]
        assert len(red) == 1 and "\\u{1b}[31mred\\u{0}" in red[0] and "source=guest" in red[0]
        assert not any(ord(character) < 32 for line in lines for character in line)
        assert max(map(len, lines)) < 4096

        shim = lab.one("containerd-shim-swiftlet-v2")
        before, started = processor_seconds(shim), time.monotonic()
        console(lab, name, "(timeout 5 yes flood > /dev/console) &\nsleep 6\n")
        seconds = time.monotonic() - started
        assert processor_seconds(shim) - before < seconds * 0.5
        flood = [line for line in console_lines(lab) if "flood" in line]
        assert 0 < len(flood) < 200 + 20 * (seconds + 2)
        lab.wait_until(lambda: "lines of the guest console left out" in lab.log(), "a word on the loss")
        # The sandbox takes no harm.
        assert lab.exec(name, "true").returncode == 0
