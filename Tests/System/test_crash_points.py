"""Rows 1 and 3: the shim ends at every step of its life, in every way; nothing is left, and `delete` may crash too."""

import os
import signal

import pytest
from crashing import Crashing
from lab.paths import BIN
from stubbed import DEBUG_SHIM

pytestmark = pytest.mark.vm

#: steps of a clean life and of `delete`; they may become more, not fewer
STEPS = 85
STEPS_OF_DELETE = 14


@pytest.fixture
def crashing(lab):
    return Crashing(lab)


@pytest.mark.parametrize("action", ["kill", "exit", "error"])
def test_row1_end_at_every_step(crashing, action):
    steps = crashing.clean()
    print(f"a clean life passes {len(steps)} steps: {', '.join(steps)}")
    assert len(steps) >= STEPS
    problems = crashing.sweep(steps, action)
    assert not problems, "\n".join(problems)


def test_row1_end_in_every_step_of_the_way_back(crashing):
    """Create fails late, and the shim is killed while it takes back what it has done."""
    crashing.stubbed.behave(guest={"on": "CreateContainer", "do": "error"})
    crashing.tell()
    shim = crashing.shim()
    assert crashing.live(shim) == "Create"
    steps = crashing.passed()
    back = steps[steps.index("share.detach 1") :]
    assert not shim.abandon() and not crashing.left()
    assert len(back) >= 8, back
    problems = []
    for step in back:
        crashing.tell(f"{step} kill")
        shim = crashing.shim()
        crashing.live(shim)
        problems += [f"{step}: {problem}" for problem in shim.abandon()]
        if left := crashing.left():
            problems.append(f"{step}: left:\n{left}")
    print(f"{len(back)} steps of the way back: {', '.join(back)}")
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("action", ["kill", "error"])
def test_row3_delete_ends_at_every_step(crashing, action):
    """`delete` of a sandbox whose shim was killed in the middle of its life ends itself; the next one finishes."""

    def orphan():
        crashing.tell()
        shim = crashing.stubbed.shim(DEBUG_SHIM)
        shim.create_and_start(shim.begin())
        os.kill(shim.pid, signal.SIGKILL)
        return shim

    shim = orphan()
    words = ["delete", "-bundle", str(shim.bundle)]
    assert shim.verb(*words, SWIFTLET_CRASH_POINTS=str(crashing.plan)).returncode == 0
    steps = crashing.passed()
    print(f"delete passes {len(steps)} steps: {', '.join(steps)}")
    assert len(steps) >= STEPS_OF_DELETE
    problems = []
    for step in steps:
        shim = orphan()
        crashing.tell(f"{step} {action}")
        words = ["delete", "-bundle", str(shim.bundle)]
        shim.verb(*words, SWIFTLET_CRASH_POINTS=str(crashing.plan))
        assert step in crashing.passed(), step
        problems += [f"{action} at {step}: {problem}" for problem in shim.delete_twice()]
        if left := crashing.left():
            problems.append(f"{action} at {step}: left:\n{left}")
    assert not problems, "\n".join(problems)


SOME_STOPS = ["serve.listen 1", "monitor.greeting 1", "agent.ask 2", "event.send 1", "cgroup.remove 1"]


@pytest.mark.parametrize("step", SOME_STOPS)
def test_row4_stopped_and_resumed(crashing, step):
    assert crashing.stop_and_resume(step, 1) == ""


@pytest.mark.long
def test_row4_stopped_for_a_minute(crashing):
    assert crashing.stop_and_resume("monitor.greeting 1", 60) == ""


def test_releases_have_no_crash_points():
    # The names of the points may be there, for an empty function; nothing that could act on one.
    words = [b"SWIFTLET_CRASH_POINTS", b"crash point '"]
    debug = DEBUG_SHIM.read_bytes()
    assert all(word in debug for word in words), "the debug build has none: what is looked for here is out of date"
    for name in ("containerd-shim-swiftlet-v2", "swiftlet", "swiftlet-agent"):
        found = [word for word in words if word in (BIN / name).read_bytes()]
        assert not found, f"{name} holds {found}"
