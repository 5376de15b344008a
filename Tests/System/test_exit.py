"""How a container ends, and that its caller learns it."""

import pytest


@pytest.mark.parametrize("code", [0, 7, 255])
def test_exit_code(lab, code):
    assert lab.run("sh", "-c", f"exit {code}").returncode == code


@pytest.mark.parametrize("signal, code", [("SEGV", 139), ("TERM", 143), ("KILL", 137)])
def test_exec_that_dies_by_a_signal(lab, signal, code):
    with lab.running() as name:
        assert lab.exec(name, "sh", "-c", f"kill -{signal} $$").returncode == code


def test_container_that_is_killed(lab):
    mark, name = lab.recorder.mark(), lab.name()
    process = lab.spawn("sleep", "1000", name=name)
    lab.recorder.wait_for(mark, "/tasks/start", name, 60)
    assert lab.kill(name, "SIGKILL").returncode == 0
    assert process.wait(30) == 137
    assert lab.recorder.wait_for(mark, "/tasks/exit", name).fields["exit_status"] == 137


def test_container_that_handles_a_signal(lab):
    mark, name = lab.recorder.mark(), lab.name()
    # The shell says when its trap is set; a signal before that would be lost on a first process.
    script = "trap 'exit 3' TERM; touch /mnt/ready; while :; do sleep 0.1; done"
    flags = ["--mount", f"type=bind,src={lab.folder},dst=/mnt,options=rbind:rw"]
    process = lab.spawn("sh", "-c", script, name=name, flags=flags)
    lab.wait_until((lab.folder / "ready").exists, "the container's trap", 60)
    assert lab.kill(name, "SIGTERM").returncode == 0
    assert process.wait(30) == 3
    lab.recorder.wait_for(mark, "/tasks/delete", name)


def test_many_short_containers_one_after_another(lab):
    """The exit must never be lost, however soon it comes."""
    for _ in range(3):
        done = lab.run("true")
        assert (done.returncode, done.stderr) == (0, "")
