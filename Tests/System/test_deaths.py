"""What a sandbox consists of dies: every process of it exits 137 once, and nothing is left."""

import os
import signal
import subprocess
import time

import pytest

pytestmark = pytest.mark.vm

HELPERS = ["qemu-system", "virtiofsd", "vhost-device-vsock"]


def sandbox_processes(lab):
    """Everything inside but containerd: shims, VMMs, helpers."""
    return [process for process in lab.containerd.processes() if process.pid != lab.containerd.daemon]


def exits(lab, name):
    return [(e.process, e.fields.get("exit_status")) for e in lab.recorder.since(lab.mark, name) if e.topic == "/tasks/exit"]


@pytest.fixture
def busy(lab):
    """A container with two processes, its `ctr run` and its `ctr task exec`."""
    name = lab.name()
    first = lab.spawn("sleep", "1000", name=name, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    lab.recorder.wait_for(lab.mark, "/tasks/start", name, 60)
    words = ["task", "exec", "--exec-id", "second", name, "sleep", "1000"]
    second = lab.containerd.popen(
        lab.containerd.programs / "ctr", *words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    lab.recorder.wait_for(lab.mark, "/tasks/exec-started", name, 30)
    yield name, first, second
    first.stderr.close()


@pytest.mark.parametrize("victim", HELPERS)
def test_helper_killed(lab, busy, victim):
    name, first, second = busy
    if victim == "vhost-device-vsock" and lab.containerd.inside("/dev/vhost-vsock").exists():
        pytest.skip("this host has /dev/vhost-vsock: there is no vhost-device-vsock to kill")
    # The daemon may fork: its first process is the one that was started.
    os.kill(lab.containerd.named(victim)[0].host_pid, signal.SIGKILL)
    assert (first.wait(20), second.wait(20)) == (137, 137)
    lab.recorder.wait_for(lab.mark, "/tasks/delete", name, 20)
    assert sorted(exits(lab, name)) == [("", 137), ("second", 137)]


def test_monitor_terminated(lab, busy):
    """SIGTERM makes QEMU leave in order, with code 0: still no process of the container went on."""
    name, first, second = busy
    os.kill(lab.one("qemu-system").host_pid, signal.SIGTERM)
    assert (first.wait(20), second.wait(20)) == (137, 137)
    assert sorted(exits(lab, name)) == [("", 137), ("second", 137)]


def test_everything_is_gone_at_once(lab, busy):
    """Helpers die with the VMM, before anyone asks for a deletion."""
    os.kill(lab.one("qemu-system").host_pid, signal.SIGKILL)
    lab.wait_until(lambda: not any(lab.containerd.named(h) for h in HELPERS), "the helpers' end", 2)
    busy[1].wait(20), busy[2].wait(20)


def test_guest_panics(lab):
    """The agent is the guest's first process: when it ends the guest's kernel panics, and so it does here."""
    with lab.running(flags=["--privileged"]) as name:
        lab.exec(name, "sh", "-c", "echo c > /proc/sysrq-trigger", timeout=30)
        lab.recorder.wait_for(lab.mark, "/tasks/exit", name, 30)
        lab.wait_until(lambda: lab.status(name) == "STOPPED", "the container's end", 10)
        assert ("", 137) in exits(lab, name)


def test_calls_after_the_death(lab):
    with lab.running() as name:
        os.kill(lab.one("qemu-system").host_pid, signal.SIGKILL)
        lab.recorder.wait_for(lab.mark, "/tasks/exit", name, 20)
        begin = time.monotonic()
        assert lab.exec(name, "true", timeout=10).returncode != 0
        lab.kill(name, "SIGKILL")
        assert lab.status(name) == "STOPPED"
        assert time.monotonic() - begin < 5


def test_monitor_killed_while_it_boots(lab):
    process = lab.spawn("true", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    victim = lab.wait_until(lambda: lab.containerd.named("qemu-system"), "a VMM")[0]
    os.kill(victim.host_pid, signal.SIGKILL)
    _, errors = process.communicate(timeout=30)
    assert process.returncode != 0 and errors


def test_shim_killed(lab):
    name = lab.name()
    process = lab.spawn("sleep", "1000", name=name, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    lab.recorder.wait_for(lab.mark, "/tasks/start", name, 60)
    os.kill(lab.one("containerd-shim-swiftlet").host_pid, signal.SIGKILL)
    lab.wait_until(lambda: not sandbox_processes(lab), "the end of every process of the sandbox", 5)
    # containerd runs `delete` and publishes the exit that the shim no longer can.
    assert lab.recorder.wait_for(lab.mark, "/tasks/exit", name, 10).fields["exit_status"] == 137
    process.wait(20)
    lab.containerd.ctr("task", "rm", name, check=False)
    lab.containerd.ctr("container", "rm", name, check=False)


def test_shim_killed_while_it_boots(lab):
    name = lab.name()
    process = lab.spawn("true", name=name, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    lab.wait_until(lambda: lab.containerd.named("qemu-system"), "a VMM")
    os.kill(lab.one("containerd-shim-swiftlet").host_pid, signal.SIGKILL)
    assert process.wait(20) != 0
    lab.wait_until(lambda: not sandbox_processes(lab), "the end of every process of the sandbox", 5)
    lab.containerd.ctr("container", "rm", name, check=False)


def test_containerd_restarts(lab):
    """The container outlives its containerd, and its exit is not lost."""
    with lab.running() as name:
        lab.restart_containerd()
        assert lab.exec(name, "true").returncode == 0
