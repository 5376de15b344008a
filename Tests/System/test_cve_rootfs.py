"""CVE class G (CVE-2026-24054): what is no root file system is never taken for one, and never something else instead."""

import os
import socket

import pytest
from hosttree import HostTree
from lab.ttrpc import RemoteError, make_bundle
from stubbed import SPECIFICATION, Stubbed, StubbedShim

pytestmark = pytest.mark.vm


def make(kind: str, folder):
    """A path of the kind."""
    path = folder / kind
    match kind:
        case "file":
            path.write_text("a file")
        case "fifo":
            os.mkfifo(path)
        case "socket":
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(path))
        case "block-device":
            os.mknod(path, 0o60600, os.makedev(7, 0))
        case "device":
            return "/dev/zero"
        case "host":
            return "/"
        case "link-to-host":
            path.symlink_to("/")
        case "link-in-proc":
            return "/proc/self/root"
    return str(path)


@pytest.mark.parametrize("way", ["mount", "root.path"])
def test_class_g_wrong_root_file_system(lab, way):
    stubbed = Stubbed(lab)
    folder = lab.folder / "roots"
    folder.mkdir()
    before = HostTree()
    for kind in ("missing", "file", "fifo", "socket", "block-device", "device", "host", "link-to-host", "link-in-proc"):
        path = make(kind, folder)
        root = {"path": path if way == "root.path" else "rootfs"}
        bundle = make_bundle(lab.folder / f"bundle-{kind}", SPECIFICATION | {"root": root})
        shim = StubbedShim(lab.containerd, kind, bundle, None)
        client = shim.begin()
        try:
            with pytest.raises(RemoteError) as error:
                mounts = [(3, [(1, "bind"), (2, path), (4, "rbind"), (4, "rw")])] if way == "mount" else []
                shim.task(client, "Create", (2, str(bundle)), *mounts)
            shim.shutdown(client)
        finally:
            client.close()
            assert shim.delete().returncode == 0
        assert error.value.code in (3, 5, 9), f"{kind}: {error.value}"
        assert path in error.value.message, f"{kind}: {error.value}"
    assert before.changes() == ""
    # No guest was ever asked to make a container of them.
    calls = stubbed.folder / "stub-guest.calls"
    assert not calls.exists() or "CreateContainer" not in calls.read_text()
