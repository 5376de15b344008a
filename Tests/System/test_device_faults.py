"""Every write by which devices are taken and given back fails once, and is once the last of the shim or of `delete`:
after the clean-up the host is as it was, byte for byte."""

import errno
import os
import signal
import threading
import time

import pytest
from devicelives import Lives
from devices import GPU
from fakehost import Fault
from lab.ttrpc import RemoteError

pytestmark = pytest.mark.vm

#: writes of a clean life of two functions, and of the `delete` of one; they may become more, not fewer
WRITES, WRITES_OF_DELETE = 12, 6


@pytest.fixture
def lives(device_lab):
    return Lives(device_lab, "pair")


@pytest.mark.parametrize("error", ["EBUSY", "EIO"])
def test_every_write_fails_once(lives, error):
    count = lives.clean()
    print(f"a clean life makes {count} writes")
    assert count >= WRITES
    problems = lives.sweep(count, Fault(error=getattr(errno, error)))
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_shim_killed_at_every_write(lives, moment):
    count = lives.clean()
    assert count >= WRITES
    problems = lives.sweep(count, Fault(kill=moment))
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_delete_killed_at_every_write(lives, moment):
    shim = lives.orphan()
    assert shim.delete().returncode == 0
    count = len(lives.host.writes)
    print(f"`delete` makes {count} writes")
    assert count >= WRITES_OF_DELETE and not lives.left()
    problems = []
    for number in range(1, count + 1):
        shim = lives.orphan()
        lives.host.faults = {number: Fault(kill=moment)}
        if shim.delete().returncode == 0 or len(lives.host.writes) != number:
            problems.append(f"`delete` was not killed {moment} write {number}")
        problems += lives.judge(f"`delete` killed {moment} write {number}", shim)
    assert not problems, "\n".join(problems)


def test_five_in_a_row(lives):
    counts = [lives.clean() for _ in range(5)]
    assert len(set(counts)) == 1, counts


@pytest.mark.parametrize("number", [1, 2, 3])
def test_shim_killed_while_a_write_hangs(device_lab, number):
    """The write goes on in the kernel when its writer is dead, and `delete` runs meanwhile."""
    lives = Lives(device_lab, "0")
    lives.host.faults = {number: Fault(hang=2)}
    shim = lives.shim()
    client = shim.begin()

    def create() -> None:
        try:
            shim.create(client, shim.bundle / "rootfs", shim.stdio)
        except (RemoteError, OSError):
            pass  # the shim is killed

    thread = threading.Thread(target=create)
    thread.start()
    device_lab.wait_until(lambda: len(lives.host.writes) == number, f"write {number}")
    os.kill(shim.pid, signal.SIGKILL)
    thread.join()
    client.close()
    assert not shim.delete_twice()
    assert not lives.left()


def test_write_that_takes_long(device_lab):
    """A large GPU takes its driver seconds to let go: nothing fails."""
    lives = Lives(device_lab, "0")
    lives.host.faults = {2: Fault(hang=3), 5: Fault(hang=3)}
    shim = lives.shim()
    lives.live_well(shim)
    assert lives.host.driver(GPU) == "nvidia"


def test_driver_that_never_takes_a_function_back(device_lab):
    """`delete` sets it aside in time; no pod gets it, until the command gives it back."""
    lives = Lives(device_lab, "0")
    shim = lives.orphan()
    lives.host.rule = lambda write: Fault(error=errno.EBUSY) if write.attribute == "unbind" else None
    begin = time.monotonic()
    assert not shim.delete_twice()
    assert time.monotonic() - begin < 15
    assert lives.host.driver(GPU) == "vfio-pci"
    second = lives.shim()
    stage, message = lives.live(second)
    assert stage == "Create" and f"{GPU} is set aside" in message, message
    assert not second.abandon()
    lives.host.rule = lambda write: None
    done = device_lab.containerd.execute("swiftlet", "devices", "restore", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not lives.left()
    lives.live_well(lives.shim())


def test_delete_while_a_driver_does_not_let_go(device_lab):
    """It ends long before the driver does, and the next one, or the command, does the rest."""
    lives = Lives(device_lab, "0")
    shim = lives.orphan()
    lives.host.rule = lambda write: Fault(hang=60) if write.owner == "vfio-pci" else None
    begin = time.monotonic()
    shim.delete()
    took = time.monotonic() - begin
    print(f"`delete` took {took:.1f} s")
    assert took < 15
    lives.host.forget()
    assert shim.delete().returncode == 0
    device_lab.containerd.execute("swiftlet", "devices", "restore", check=False)
    assert not lives.left()


@pytest.mark.long
def test_driver_that_does_not_let_go_for_a_minute(device_lab):
    """Create does not wait for it, and does not look at a function whose lock the kernel holds."""
    lives = Lives(device_lab, "0")
    lives.host.faults = {2: Fault(hang=60)}
    shim = lives.shim()
    begin = time.monotonic()
    stage, message = lives.live(shim, 200)
    took = time.monotonic() - begin
    print(f"Create took {took:.0f} s: {message}")
    assert stage == "Create" and GPU in message and "set aside" in message, message
    assert took < 50
    assert not shim.abandon()
    time.sleep(max(0.0, 65 - took))
    done = device_lab.containerd.execute("swiftlet", "devices", "restore", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not lives.left()
