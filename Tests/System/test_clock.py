"""The guest's clock is the host's, whatever stood still meanwhile; its random numbers are its own."""

import os
import signal
import time

import pytest

from lab import monitor

pytestmark = pytest.mark.vm

SHORT_AND_LONG = [4, pytest.param(60, marks=pytest.mark.long)]


def difference(lab, name: str) -> float:
    """By how many seconds the guest's clock is at least ahead of the host's (or behind: negative); 0 if it may be equal."""
    before = time.time()
    done = lab.exec(name, "date", "+%s", timeout=60)
    after = time.time()
    assert done.returncode == 0, done.stderr
    # The guest's whole second began up to one second before it was read.
    earliest, latest = int(done.stdout), int(done.stdout) + 1
    return max(0, earliest - after) or min(0, latest - before)


def test_clock_after_boot(lab):
    before = time.time()
    first = int(lab.output("date", "+%s"))
    assert before - 2 <= first <= time.time() + 1
    with lab.running() as name:
        assert abs(difference(lab, name)) < 1


@pytest.mark.parametrize("seconds", SHORT_AND_LONG)
def test_clock_after_the_monitor_was_stopped(lab, seconds):
    """Row 10: a stopped VMM is not a hung agent; time in which it is stopped does not count."""
    with lab.running() as name:
        victim = lab.one("qemu-system").host_pid
        os.kill(victim, signal.SIGSTOP)
        time.sleep(seconds)
        assert lab.status(name) == "RUNNING"
        os.kill(victim, signal.SIGCONT)
        lab.wait_until(lambda: abs(difference(lab, name)) < 1, "the right time", 30)


@pytest.mark.parametrize("seconds", SHORT_AND_LONG)
def test_clock_after_the_machine_was_paused(lab, seconds):
    """The guest's own clock has lost the time: it must have been told."""
    with lab.running() as name:
        monitor.command(lab.containerd, "stop")
        time.sleep(seconds)
        assert lab.status(name) == "RUNNING"
        monitor.command(lab.containerd, "cont")
        # As of now it is late by that time; nobody has told it yet.
        assert difference(lab, name) < -seconds / 2
        lab.wait_until(lambda: abs(difference(lab, name)) < 1, "the right time", 30)


@pytest.mark.parametrize("seconds", SHORT_AND_LONG)
def test_row_33_everything_is_suspended(lab, seconds):
    """As a host's suspension looks from inside: nothing times out afterwards, and the clock is right."""
    with lab.running() as name:
        everything = [p.host_pid for p in lab.containerd.processes() if p.pid != lab.containerd.daemon]
        waiter = lab.containerd.popen(lab.containerd.programs / "ctr", "task", "exec", "--exec-id", "w", name, "sleep", "1")
        for number in (signal.SIGSTOP, signal.SIGCONT):
            for pid in everything:
                os.kill(pid, number)
            if number == signal.SIGSTOP:
                time.sleep(seconds)
        assert waiter.wait(60) == 0
        assert lab.exec(name, "true").returncode == 0
        lab.wait_until(lambda: abs(difference(lab, name)) < 1, "the right time", 30)
        assert lab.status(name) == "RUNNING"


def test_random_numbers(lab):
    """Both guests have theirs at once, although neither has a driver for its random device."""
    script = "cat /proc/sys/kernel/random/boot_id; cat /proc/sys/kernel/random/entropy_avail; head -c 32 /dev/random | xxd -p -c 64"
    flags = ["--privileged"]
    outputs = [lab.output("sh", "-c", f"{script}; dmesg | grep -c 'crng init done'", flags=flags).split() for _ in range(2)]
    for boot, available, random, ready in outputs:
        assert (len(boot), len(random), available, ready) == (36, 64, "256", "1")
    assert outputs[0][0] != outputs[1][0] and outputs[0][2] != outputs[1][2]
