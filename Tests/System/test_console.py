"""The debug console: a root shell in the guest, off unless the configuration says otherwise."""

import pytest

from lab.paths import BIN
from lab.private import ADDRESS

pytestmark = pytest.mark.vm

ON = {"agent.kata": {"debug_console_enabled": True}}


def console(lab, name: str, text: str = "", *words: str):
    """`swiftlet console` without a terminal: what is typed comes from a pipe."""
    command = [BIN / "swiftlet", "console", name, "--address", ADDRESS, *words]
    return lab.containerd.execute(*command, input=text, check=False, timeout=60)


def test_console_is_off_by_default(lab):
    with lab.running() as name:
        done = console(lab, name)
        assert done.returncode != 0 and done.stdout == ""
        assert "nobody listens in its guest; set debug_console_enabled = true" in done.stderr
        # No annotation can change that.
        assert "agent.debug_console" not in " ".join(lab.one("qemu-system").command)


def test_console_of_no_sandbox(lab):
    done = console(lab, "absent", "", "--namespace", "other")
    assert done.returncode != 0
    assert "can't find sandbox 'absent' in namespace 'other': it does not run here" in done.stderr


def test_annotations_do_not_open_it(lab):
    annotation = "io.katacontainers.config.agent.debug_console_enabled=true"
    lab.configure({"hypervisor.qemu": {"enable_annotations": ["debug_console_enabled"]}})
    with lab.running(flags=["--annotation", annotation]) as name:
        assert "agent.debug_console" not in " ".join(lab.one("qemu-system").command)
        assert console(lab, name).returncode != 0


def test_console_without_a_shell_in_the_guest(lab):
    lab.configure(ON)
    with lab.running() as name:
        done = console(lab, name)
        assert "can't open a shell: the guest has none at '/bin/bash'" in done.stdout
