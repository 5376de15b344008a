"""What the guest says on its console, in the log of the shim: bounded, escaped, and with its source."""

import pytest

pytestmark = pytest.mark.vm


def console_lines(lab) -> list[str]:
    return [line for line in lab.log().splitlines() if 'msg="guest console"' in line]


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
