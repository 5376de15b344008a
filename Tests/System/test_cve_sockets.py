"""CVE class J (CVE-2020-15257, CVE-2024-25621) and the descriptors of class B: who can talk to a sandbox's parts."""

import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest

pytestmark = pytest.mark.vm

#: Run as somebody else: says which of the paths it could look into or connect to.
STRANGER = """
import json, os, socket, sys
os.setgroups([]); os.setgid(65534); os.setuid(65534)
reached = []
for path in json.load(sys.stdin):
    for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET, socket.SOCK_DGRAM):
        try:
            socket.socket(socket.AF_UNIX, kind).connect(path)
            reached.append(path)
        except PermissionError:
            pass
        except OSError as error:
            if path.startswith("/run/swiftlet"): reached.append(f"{path}: {error}")
    try:
        os.listdir(path) if os.path.isdir(path) else open(path).close()
        reached.append(path)
    except OSError:
        pass
print(json.dumps(reached))
"""


def test_class_j_strangers_reach_nothing(lab):
    with lab.running():
        run = lab.containerd.inside("/run")
        places = []
        for top in ("swiftlet", "containerd/s"):
            for parent, folders, files in os.walk(run / top):
                names = [os.path.join(parent, name) for name in (*folders, *files)]
                places += ["/run/" + os.path.relpath(name, run) for name in names]
        assert len(places) > 3, places
        # QEMU's control socket has lost its name: nobody else can tell it to quit, not even root.
        assert not [path for path in places if path.endswith("control.sock")], places
        done = lab.containerd.execute("/usr/bin/python3", "-c", STRANGER, input=json.dumps(places))
        assert json.loads(done.stdout) == []


def test_class_j_no_abstract_sockets(lab):
    """Nothing of a sandbox is bound to a name that a container of the host's network could use."""

    def names():
        lines = Path(f"/proc/{lab.containerd.init_pid}/net/unix").read_text().splitlines()[1:]
        return {line.split()[-1] for line in lines if line.split()[-1].startswith("@")}

    before = names()
    with lab.running():
        assert names() == before


def kinds(process) -> Counter:
    """What a process holds beside its three streams, without the numbers."""
    found = Counter()
    for entry in Path(f"/proc/{process.host_pid}/fd").iterdir():
        if int(entry.name) > 2:
            found[re.sub(r"[\[(\d].*|/run/swiftlet/[0-9a-f]+", "", os.readlink(entry)).rstrip(": ")] += 1
    return found


def test_class_b_helpers_inherit_what_they_need(lab):
    """The monitor and the file server hold sockets, the guest's memory and what they made themselves; of the host's
    files none, but those of the share."""
    with lab.running() as name:
        monitor, servers = lab.one("qemu-system"), lab.containerd.named("virtiofsd")
        of_monitor = kinds(monitor)
        assert set(of_monitor) == {"anon_inode", "socket", "/memfd:memory-backend-memfd"}, of_monitor
        # The control socket, its one connection, and for each device one; vhost-user devices have a second one back.
        named = [word for word in monitor.command if "fd=" in word]
        assert of_monitor["socket"] <= 2 * len(named), (of_monitor, named)
        for server in servers:
            # Its root is the share, in which there is nothing but the container.
            paths = {kind for kind in kinds(server) if kind.startswith("/") and not kind.startswith("/memfd:")}
            assert all(path == "/" or path.startswith(f"/{name[:4]}") for path in paths), paths
