"""Rows 4, 6, 9, 13: what a sandbox consists of is stopped, leaves in order, or is to be chosen by the kernel."""

import os
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.vm


@contextmanager
def stopped(process):
    os.kill(process.host_pid, signal.SIGSTOP)
    try:
        yield
    finally:
        try:
            os.kill(process.host_pid, signal.SIGCONT)
        except ProcessLookupError:
            pass


@pytest.mark.parametrize("seconds", [4, pytest.param(60, marks=pytest.mark.long)])
def test_row_4_shim_stopped(lab, seconds):
    """No answer is no proof of death: the task ends meanwhile, and its end is told once the shim goes on."""
    name = lab.name()
    process = lab.spawn("sh", "-c", f"sleep {seconds / 2}; exit 7", name=name, stdout=subprocess.DEVNULL)
    lab.recorder.wait_for(lab.mark, "/tasks/start", name, 60)
    shim = lab.one("containerd-shim-swiftlet")
    with stopped(shim):
        time.sleep(seconds)
        still = lab.one("containerd-shim-swiftlet")
        assert (still.host_pid, still.state) == (shim.host_pid, "T") and lab.one("qemu-system")
    assert process.wait(30) == 7


@pytest.mark.parametrize("way", ["o", "b"])
def test_row_6_guest_turns_itself_off(lab, way):
    """By power-off and by reset: QEMU leaves in order, and still no process of the container went on."""
    with lab.running(flags=["--privileged"]) as name:
        lab.exec(name, "sh", "-c", f"echo {way} > /proc/sysrq-trigger", timeout=30)
        assert lab.recorder.wait_for(lab.mark, "/tasks/exit", name, 30).fields["exit_status"] == 137


def test_row_9_file_server_stopped(lab):
    """Everything waits, nothing is lost, and whoever asks is answered."""
    shared = lab.folder / "shared"
    shared.mkdir()
    flags = ["--mount", f"type=bind,src={shared},dst=/data,options=rbind:rw"]
    name = lab.name()
    script = "for n in $(seq 30); do echo $n > /data/$n; sleep 0.1; done; exit 5"
    process = lab.spawn("sh", "-c", script, name=name, flags=flags, stdout=subprocess.DEVNULL)
    lab.recorder.wait_for(lab.mark, "/tasks/start", name, 60)
    with stopped(lab.containerd.named("virtiofsd")[-1]):
        time.sleep(2)
        begin = time.monotonic()
        assert lab.status(name) == "RUNNING"
        assert time.monotonic() - begin < 5
        assert lab.one("containerd-shim-swiftlet").state != "D"
    assert process.wait(60) == 5
    assert len(list(shared.iterdir())) == 30


def test_row_9_file_server_stopped_for_good(lab):
    """A container whose files never answer is killed and removed all the same."""
    name = lab.name()
    script = "while :; do echo > /x; sync; done"
    process = lab.spawn("sh", "-c", script, name=name, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    lab.recorder.wait_for(lab.mark, "/tasks/start", name, 60)
    with stopped(lab.containerd.named("virtiofsd")[-1]):
        begin = time.monotonic()
        lab.kill(name, "SIGKILL")
        assert time.monotonic() - begin < 10
        os.kill(lab.one("qemu-system").host_pid, signal.SIGKILL)
        assert lab.recorder.wait_for(lab.mark, "/tasks/exit", name, 20).fields["exit_status"] == 137
        process.wait(30)
        lab.wait_until(lambda: not lab.containerd.named("virtiofsd"), "the stopped server's end", 20)


def test_row_9_file_server_that_exits(lab):
    """Its own words are in the error."""
    program = lab.folder / "virtiofsd"
    program.write_text("#!/bin/sh\n[ \"$1\" = --version ] && echo virtiofsd 1.13.0 || { echo no such flux >&2; exit 3; }\n")
    program.chmod(0o755)
    lab.configure({"hypervisor.qemu": {"virtio_fs_daemon": str(program)}})
    done = lab.run("true", timeout=60)
    assert done.returncode != 0 and "no such flux" in done.stderr and "virtiofsd" in done.stderr


def test_row_13_order_in_which_the_kernel_kills(lab):
    """Under pressure the kernel takes a shim before containerd, and a machine no later than its shim."""

    def score(pid: int) -> int:
        return int(Path(f"/proc/{pid}/oom_score_adj").read_text())

    with lab.running():
        daemon = score(lab.containerd.host_pid(lab.containerd.daemon))
        shim = score(lab.one("containerd-shim-swiftlet").host_pid)
        assert shim == min(daemon + 1, 1000)
        for helper in ("qemu-system", "virtiofsd"):
            for process in lab.containerd.named(helper):
                assert score(process.host_pid) >= shim, helper
