"""CVE class E: a guest that has been taken over speaks FUSE to the file server by itself, with every right that it has.

CVE-2020-35517 (device nodes), CVE-2026-47243 (names with slashes), CVE-2020-28914 (read-only shares)."""

import errno
import json

import pytest
from hosttree import HostTree
from lab.ttrpc import make_bundle
from stubbed import SPECIFICATION, Stubbed, StubbedShim

pytestmark = pytest.mark.vm

SECRET = "the host's own secret"


@pytest.fixture
def attacked(lab):
    """What came of every attack, and the folders that it was about."""
    stubbed = Stubbed(lab)
    outside, closed = lab.folder / "outside", lab.folder / "closed"
    for folder, name in ((outside, "secret"), (closed, "kept")):
        folder.mkdir()
        (folder / name).write_text(SECRET if name == "secret" else "may be read")
    mount = {"destination": "/closed", "type": "bind", "source": str(closed), "options": ["rbind", "ro"]}
    bundle = make_bundle(lab.folder / "attacked", SPECIFICATION | {"mounts": [*SPECIFICATION["mounts"], mount]})
    (bundle / "rootfs/bin").mkdir()
    shim = StubbedShim(lab.containerd, "attacked", bundle, None)
    stubbed.behave(vmm={"attack": {"container": "attacked", "outside": str(outside), "readonly": "1"}})
    before = HostTree(outside, closed)
    client = shim.begin()
    try:
        shim.create_and_start(client)
        report = stubbed.folder / "stub-vmm.attack"
        lab.wait_until(report.exists, "the attack's end", 60)
        outcomes = json.loads(report.read_text())
        assert "failure" not in outcomes, outcomes
        yield outcomes, before, bundle / "rootfs"
        shim.end(client)
        shim.shutdown(client)
    finally:
        client.close()
        shim.delete()


def test_class_e_hostile_fuse_client(attacked):
    outcomes, before, rootfs = attacked
    # Nothing outside of the share is read, made, moved or removed.
    assert before.changes() == ""
    assert SECRET not in json.dumps(outcomes)
    succeeded = sorted(
        name for name, outcome in outcomes.items() if outcome == 0 and name.split()[0] not in ("make", "lookup")
    )
    assert succeeded == [], outcomes
    reached = [name for name, outcome in outcomes.items() if name.startswith("lookup") and outcome == 0]
    above = ("dots", "slash", "dots-slash")
    assert set(reached) <= {f"lookup above {kind}" for kind in above}, reached
    for kind in above:
        # The share is the server's root and its own parent; there is no /etc in it.
        assert outcomes.get(f"listed above {kind}", errno.ENOENT) == errno.ENOENT
    # The tree's own structure stands.
    assert {outcomes[f"tree {kind}"] for kind in ("create", "rename", "symlink")} <= {errno.EROFS, errno.EBUSY, errno.EPERM}
    assert sorted(path.name for path in rootfs.iterdir()) == ["bin", "disk", "link", "zero"]


def test_class_e_device_nodes_open_nothing(attacked):
    """CVE-2020-35517: a node that a guest makes in its root is a name on the host, and no device."""
    outcomes, _, _ = attacked
    for name in ("zero", "disk"):
        assert outcomes[f"make {name}"] == 0, "the workload may make nodes in its own root"
        assert outcomes[f"open {name}"][0] != 0 and outcomes[f"open {name}"][1] == "", outcomes[f"open {name}"]


def test_class_e_read_only_means_the_host_too(attacked):
    """CVE-2020-28914."""
    outcomes, _, _ = attacked
    assert [outcomes["readonly create"], outcomes["readonly unlink"]] == [errno.EROFS] * 2
    assert outcomes["readonly open"][0] == errno.EROFS
    assert outcomes["readonly read"] == [0, "may be read"]
