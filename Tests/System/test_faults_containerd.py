"""Rows 14 and 15: containerd dies or its client goes in the middle of a call. No exit is lost, no second machine runs,
and nothing of what was half done stays."""

import re
import subprocess

import pytest
from lab.private import end

pytestmark = pytest.mark.vm

QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def machines(lab) -> int:
    return len(lab.containerd.named("qemu-system"))


def nothing_left(lab) -> bool:
    return not [process for process in lab.containerd.processes() if process.pid != lab.containerd.daemon]


def clear(lab, name: str) -> None:
    """What a user does with a container in an unknown state."""
    lab.containerd.ctr("task", "rm", "-f", name, check=False, timeout=30)
    lab.containerd.ctr("container", "rm", name, check=False)
    # A shim whose containerd has forgotten it leaves by itself after 30 seconds.
    lab.wait_until(lambda: nothing_left(lab), "the end of every process of the sandbox", 45)


def deleted(lab, name: str) -> int:
    """Deletes a task; gives the status that it had, which ctr tells in a warning."""
    done = lab.containerd.ctr("task", "rm", name)
    match = re.search(r"exit with non-zero exit code (\d+)", done.stderr)
    return int(match[1]) if match else 0


def give_up(process: subprocess.Popen) -> None:
    """The client has lost its daemon."""
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        end(process)
        process.wait()


@pytest.mark.parametrize("moment", ["create", "start"])
def test_row_14_containerd_dies_while_a_task_begins(lab, moment):
    name = lab.name()
    process = lab.spawn("sleep", "1000", name=name, **QUIET)
    if moment == "create":
        lab.wait_until(lambda: machines(lab), "a VMM")
    else:
        lab.recorder.wait_for(lab.mark, "/tasks/create", name, 60)
    lab.restart_containerd()
    give_up(process)
    assert machines(lab) <= 1
    if lab.status(name) == "RUNNING":
        assert lab.exec(name, "true").returncode == 0
    clear(lab, name)


@pytest.mark.parametrize("moment", ["exec", "wait", "kill", "delete"])
def test_row_14_containerd_dies_while_a_task_lives(lab, moment):
    name = lab.name()
    run = ["run", "-d", "--null-io", "--runtime", lab.runtime, "swiftlet.test/busybox:latest", name, "sleep", "1000"]
    lab.containerd.ctr(*run)
    words = {
        "exec": ["task", "exec", "--exec-id", "second", name, "sleep", "1000"],
        "wait": ["task", "attach", name],
        "kill": ["task", "kill", "-s", "SIGKILL", name],
        "delete": ["task", "rm", "-f", name],
    }[moment]
    client = lab.containerd.popen(lab.containerd.programs / "ctr", *words, stdin=subprocess.DEVNULL, **QUIET)
    if moment == "exec":
        lab.recorder.wait_for(lab.mark, "/tasks/exec-added", name, 30)
    lab.restart_containerd()
    give_up(client)
    assert machines(lab) <= 1
    if moment in ("exec", "wait"):
        assert lab.status(name) == "RUNNING"
        assert lab.exec(name, "true").returncode == 0
    lab.kill(name, "SIGKILL")
    if lab.status(name) is not None:
        lab.wait_until(lambda: lab.status(name) == "STOPPED", "the end of the container", 15)
        assert deleted(lab, name) == 137
    clear(lab, name)


def test_row_14_task_exits_while_containerd_is_down(lab):
    name = lab.name()
    script = "while ! [ -e /go/now ]; do sleep 0.1; done; touch /go/done; exit 9"
    go = lab.folder / "go"
    go.mkdir()
    flags = ["--mount", f"type=bind,src={go},dst=/go,options=rbind:rw"]
    words = ["run", "-d", "--null-io", "--runtime", lab.runtime, *flags, "swiftlet.test/busybox:latest", name]
    lab.containerd.ctr(*words, "sh", "-c", script)
    with lab.without_containerd():
        (go / "now").touch()
        lab.wait_until((go / "done").exists, "the container's last act", 30)
    lab.wait_until(lambda: lab.status(name) == "STOPPED", "the end of the container", 15)
    assert deleted(lab, name) == 9
    clear(lab, name)


def test_row_15_client_leaves_while_the_task_is_created(lab):
    name = lab.name()
    process = lab.spawn("sleep", "1000", name=name, **QUIET)
    lab.wait_until(lambda: machines(lab), "a VMM")
    end(process)
    process.wait()
    # Undone or done, never half: either there is no task and nothing of it runs, or it can be used.
    lab.wait_until(lambda: nothing_left(lab) or lab.status(name) in ("CREATED", "RUNNING"), "one or the other", 30)
    clear(lab, name)
    assert lab.run("sh", "-c", "exit 4", name=name).returncode == 4
