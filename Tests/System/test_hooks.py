"""Hooks of the OCI specification that run on the host: when, with what, and what becomes of a container that they fail."""

import json
import os
import shutil
import signal
import threading
import time

import pytest

from lab.ttrpc import RemoteError, Shim, make_bundle

pytestmark = pytest.mark.vm

TASK = "containerd.task.v2.Task"
KINDS = ("prestart", "createRuntime", "poststart", "poststop")
#: Appends its name, its namespace, its process's namespace, and the state to the test's `told`.
TELL = """\
state=$(cat)
pid=$(echo "$state" | sed -n 's/.*"pid":\\([0-9]*\\).*/\\1/p')
echo "$1 $(readlink /proc/self/ns/net) $(readlink /proc/${pid:-self}/ns/net) $state" >> ../told
"""


class Hooked:
    """A shim by hand whose container has hooks, each a shell script."""

    def __init__(self, lab):
        self.lab = lab
        self.hooks: dict[str, list] = {}
        self.shim = None

    def add(self, kind, script, **more):
        path = self.lab.folder / f"hook-{kind}-{len(self.hooks.get(kind, ()))}"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        hook = {"path": str(path), "args": [path.name, kind], "env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]}
        self.hooks.setdefault(kind, []).append(hook | more)
        return str(path)

    def start(self):
        """Starts the shim and returns a connection to it."""
        specification = {
            "ociVersion": "1.0.2",
            "process": {"user": {"uid": 0, "gid": 0}, "args": ["sleep", "1000"], "env": ["PATH=/bin"], "cwd": "/"},
            "root": {"path": "rootfs"},
            "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
            "hooks": self.hooks,
            "annotations": {"test/note": "seen"},
            "linux": {"namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount", "network")]},
        }
        bundle = make_bundle(self.lab.folder / "bundle", specification)
        (bundle / "rootfs/bin").mkdir()
        (bundle / "rootfs/proc").mkdir()
        shutil.copy("/bin/busybox", bundle / "rootfs/bin/sleep")
        self.shim = Shim(self.lab.containerd, "hooked", bundle)
        assert self.shim.start().returncode == 0
        return self.shim.client()

    def told(self):
        """What TELL has written: kind, own namespace, the process's namespace, the state."""
        path = self.lab.folder / "told"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(kind, own, other, json.loads(state)) for kind, own, other, state in (l.split(" ", 3) for l in lines)]

    def refused(self, client) -> RemoteError:
        """The error of a Create that must fail; it has left nothing but the shim."""
        with pytest.raises(RemoteError) as error:
            self.shim.create(client)
        programs = [process.command[0] for process in self.lab.containerd.processes()]
        assert not [name for name in programs if "qemu" in name or "virtiofsd" in name]
        self.shim.shutdown(client)
        return error.value

    def end(self, client):
        """Kills and deletes the container, and ends the shim."""
        client.call(TASK, "Kill", [(1, "hooked"), (3, 9)])
        client.call(TASK, "Wait", [(1, "hooked")])
        client.call(TASK, "Delete", [(1, "hooked")])
        self.shim.shutdown(client)


@pytest.fixture
def hooked(lab):
    one = Hooked(lab)
    yield one
    if one.shim:
        assert one.shim.delete().returncode == 0


def in_background(action):
    """The answer or error of a call that another thread makes: a list that holds it once it is there."""
    outcome = []

    def run():
        try:
            outcome.append(action())
        except (RemoteError, OSError) as error:
            outcome.append(error)

    threading.Thread(target=run, daemon=True).start()
    return outcome


def test_each_at_its_time_with_the_state(lab, hooked):
    for kind in KINDS:
        hooked.add(kind, TELL)
    client = hooked.start()
    pid = hooked.shim.create(client)[1]
    assert [kind for kind, *_ in hooked.told()] == ["prestart", "createRuntime"]
    client.call(TASK, "Start", [(1, "hooked")])
    assert [kind for kind, *_ in hooked.told()] == ["prestart", "createRuntime", "poststart"]
    hooked.end(client)
    told = hooked.told()
    assert tuple(kind for kind, *_ in told) == KINDS
    assert [state["status"] for *_, state in told] == ["creating", "creating", "running", "stopped"]
    assert [state.get("pid") for *_, state in told] == [pid, pid, pid, None]
    host = os.readlink(f"/proc/{lab.containerd.init_pid}/ns/net")
    for _, own, other, state in told:
        assert own == other != host
        assert (state["id"], state["ociVersion"]) == ("hooked", "1.0.2")
        assert state["bundle"] == str(hooked.shim.bundle)
        assert state["annotations"] == {"test/note": "seen"}


@pytest.mark.parametrize("kind", ["prestart", "createRuntime"])
def test_failure_refuses_the_container(hooked, kind):
    path = hooked.add(kind, "echo the cable is missing >&2; exit 7")
    hooked.add("createRuntime", TELL)
    hooked.add("poststop", TELL)
    error = hooked.refused(hooked.start())
    assert error.code == 9
    for part in (f"{kind} hook '{path}'", "exited with 7", "the cable is missing"):
        assert part in error.message
    # What follows the failure does not run; what undoes does.
    assert [kind for kind, *_ in hooked.told()] == ["poststop"]


def test_timeout_kills_and_refuses(lab, hooked):
    path = hooked.add("createRuntime", "sleep 1111 & sleep 1111", timeout=1)
    begin = time.monotonic()
    error = hooked.refused(hooked.start())
    assert (error.code, path in error.message) == (4, True)
    assert time.monotonic() - begin < 30
    assert not [process for process in lab.containerd.processes() if process.command == ("sleep", "1111")]


def test_program_that_is_not_there(hooked):
    hooked.hooks["createRuntime"] = [{"path": "/no/such/hook"}]
    error = hooked.refused(hooked.start())
    assert (error.code, "'/no/such/hook'" in error.message) == (9, True)


def test_failures_after_the_start_change_nothing(lab, hooked):
    hooked.add("poststart", "echo late >&2; exit 5")
    hooked.add("poststop", "exit 6")
    hooked.add("poststop", TELL)
    client = hooked.start()
    hooked.shim.create(client)
    client.call(TASK, "Start", [(1, "hooked")])
    assert client.call(TASK, "State", [(1, "hooked")])[4] == 2  # running
    hooked.end(client)
    assert [kind for kind, *_ in hooked.told()] == ["poststop"]


@pytest.mark.parametrize("kind", ["createContainer", "startContainer"])
def test_hooks_in_the_container_are_refused(hooked, kind):
    hooked.hooks[kind] = [{"path": "/bin/true"}]
    error = hooked.refused(hooked.start())
    assert (error.code, "createRuntime" in error.message) == (12, True)


def test_monitor_dies_while_a_hook_runs(lab, hooked):
    hooked.add("createRuntime", "touch ../up; sleep 1111")
    client = hooked.start()
    outcome = in_background(lambda: hooked.shim.create(client))
    lab.wait_until((lab.folder / "up").exists, "the hook's start")
    os.kill(lab.one("qemu-system").host_pid, signal.SIGKILL)
    error = lab.wait_until(lambda: outcome, "the answer", 5)[0]
    assert error.code == 14
    hooked.shim.shutdown(client)


def test_shim_dies_while_a_hook_runs(lab, hooked):
    hooked.add("createRuntime", "touch ../up; exec sleep 1111")
    client = hooked.start()
    outcome = in_background(lambda: hooked.shim.create(client))
    lab.wait_until((lab.folder / "up").exists, "the hook's start")
    os.kill(lab.one("containerd-shim-swiftlet").host_pid, signal.SIGKILL)
    lab.wait_until(lambda: outcome, "the end of the connection", 5)
    # The leak oracle sees to it that the hook is gone too.
