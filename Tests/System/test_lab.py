"""The oracle must see a leak: each kind is made once, seen, and removed."""

import os
import socket
import subprocess

import pytest

from lab.events import Event, violations
from lab.leaks import Snapshot, leaks_since


def seen(lab) -> str:
    return leaks_since(lab.before, lab.containerd, patience=0)


def test_nothing(lab):
    assert seen(lab) == ""


def test_process(lab):
    # Started by the init inside, as what a shim leaves behind would be: `sh` ends at once.
    lab.containerd.execute("sh", "-c", "setsid sleep 987 >/dev/null 2>&1 <&- &")
    lab.wait_until(lambda: "sleep 987" in seen(lab), "the process in the report", 5)
    for process in lab.containerd.named("sleep"):
        os.kill(process.host_pid, 9)


def test_mount(lab):
    lab.containerd.execute("mount", "-t", "tmpfs", "leak", "/mnt")
    assert "mounts inside:\n  + " in seen(lab)
    lab.containerd.execute("umount", "/mnt")


def test_file(lab):
    lab.containerd.inside("/run/swiftlet").mkdir(exist_ok=True)
    lab.containerd.inside("/run/swiftlet/left").write_text("")
    assert "+ /run/swiftlet/left" in seen(lab)
    lab.containerd.inside("/run/swiftlet/left").unlink()


def test_socket(lab):
    code = "import socket,time; s=socket.socket(socket.AF_UNIX); s.bind('\\0leaked'); s.listen(); time.sleep(60)"
    process = lab.containerd.popen("/usr/bin/python3", "-c", code)
    lab.wait_until(lambda: "@leaked" in seen(lab), "the socket in the report", 10)
    os.killpg(process.pid, 9)
    process.wait()


@pytest.mark.parametrize("hierarchy", [0, -1])
def test_cgroup(lab, hierarchy):
    folder = lab.containerd.cgroups[hierarchy] / "swiftlet/left"
    folder.mkdir(parents=True)
    assert f"+ {folder}" in seen(lab)
    folder.rmdir()


def test_link(lab):
    lab.containerd.execute("ip", "tuntap", "add", "dev", "left", "mode", "tap")
    assert "network links:\n  + left" in seen(lab)
    lab.containerd.execute("ip", "link", "del", "left")


def test_shared_memory(lab):
    lab.containerd.inside("/dev/shm/left").write_text("")
    assert "+ /dev/shm/left" in seen(lab)
    lab.containerd.inside("/dev/shm/left").unlink()


def test_descriptor_of_containerd(lab):
    """A client that stays connected holds a socket of containerd's."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(lab.containerd.inside("/run/containerd/containerd.sock")))
    lab.wait_until(lambda: "containerd's descriptors" in seen(lab), "the descriptor in the report", 5)
    connection.close()


def test_namespaces_hide_the_lab_from_the_host(lab):
    lines = subprocess.run(["grep", "-c", str(lab.containerd.folder), "/proc/self/mountinfo"], capture_output=True, text=True)
    assert lines.stdout.strip() == "0"
    assert not os.path.exists("/run/containerd/" + lab.containerd.folder.name)


@pytest.mark.parametrize(
    "topics, broken",
    [
        ("create start exit delete", 0),
        ("create start delete", 1),
        ("create exit start delete", 1),
        ("create start exit exit delete", 2),
        ("create start exit delete create start exit delete", 0),
        ("create delete", 0),
    ],
)
def test_rules_of_events(topics, broken):
    events = [Event("default", f"/tasks/{topic}", {"container_id": "c", "id": "c"}) for topic in topics.split()]
    assert len(violations(events)) == broken


def test_a_snapshot_compares_itself_as_equal(lab):
    assert Snapshot.take(lab.containerd).difference(Snapshot.take(lab.containerd)) == ""
