"""A smoke of the newer containerds: they talk to a shim in other words."""

import pytest


@pytest.mark.parametrize("lab", ["1.7", "2.1"], indirect=True)
def test_run_and_exec(lab):
    done = lab.run("sh", "-c", "echo out; echo err >&2; exit 7")
    assert (done.returncode, done.stdout, done.stderr) == (7, "out\n", "err\n")
    with lab.running() as name:
        assert lab.exec(name, "sh", "-c", "kill -TERM $$").returncode == 143
        assert lab.kill(name, "SIGKILL").returncode == 0
        lab.wait_until(lambda: lab.status(name) == "STOPPED", "the end of the container")


@pytest.mark.parametrize("lab", ["1.7", "2.1"], indirect=True)
def test_command_that_cannot_be_run(lab):
    done = lab.run("/absent")
    assert done.returncode != 0 and "no such file or directory" in done.stderr
