"""CVE class D: a guest that has been taken over puts links into another container's files at each step of its life.

CVE-2020-2024, CVE-2020-2026, CVE-2026-41326. The share's own tree is for test_cve_file_server.py."""

import pytest
from hosttree import HostTree
from lab.ttrpc import RemoteError
from pods import Pod

pytestmark = pytest.mark.vm

USER = {"user": {"uid": 0, "gid": 0}, "env": ["PATH=/bin"], "cwd": "/"}
CAPABILITIES = ["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_CHOWN", "CAP_MKNOD"]
#: Another mount of the share's tag is, to the guest's kernel, the newest file system that came through it: the victim's
#: root, from the outside of its container.
ATTACK = """
mkdir -p /{step}; mount -t virtiofs kataShared /{step} || exit 9
for name in proc sys dev etc tmp run; do
    rm -rf /{step}/$name; ln -s {outside} /{step}/$name
done
ln -s {outside}/secret /{step}/file; mknod /{step}/node b 7 0
exit 0
"""
STEPS = ("created", "started", "executed", "stopped", "deleted")


def test_class_d_links_at_every_step(lab):
    outside = lab.folder / "outside"
    outside.mkdir()
    (outside / "secret").write_text("kept\n")
    before = HostTree(outside)
    replaced = []
    with Pod(lab) as pod:
        rights = {"capabilities": {kind: CAPABILITIES for kind in ("bounding", "effective", "permitted")}}
        pod.create("attacker", pod.bundle_of("attacker", process=rights))
        pod.call("Start", "attacker")
        for last in STEPS:
            # A life of its own for each step, so that each meets a victim that is whole until then.
            victim = f"victim-{last}"
            bundle = pod.bundle_of(victim)
            for step in STEPS:
                walk(pod, victim, bundle, step)
                if step == last:
                    attack = ATTACK.format(step=last, outside=outside)
                    assert pod.exec("attacker", f"attack-{last}", USER | rights | {"args": ["sh", "-c", attack]}) == 0
                    if (bundle / "rootfs/etc").is_symlink():
                        replaced.append(last)
                assert before.changes() == "", f"links when {last}, seen when {step}"
        pod.end("attacker")
    # Once it has ended the guest's kernel has let go of its files.
    assert set(replaced) >= {"created", "started", "executed"}, replaced
    assert before.changes() == ""


def walk(pod: Pod, victim: str, bundle, step: str) -> None:
    """The next step of a life; in a ruin it may be refused, and the life is ended all the same."""
    try:
        match step:
            case "created":
                pod.create(victim, bundle)
            case "started":
                pod.call("Start", victim)
            case "executed":
                pod.exec(victim, "more", USER | {"args": ["true"]})
            case "stopped":
                pod.call("Kill", victim, (3, 9), (4, True))
                pod.call("Wait", victim)
            case "deleted":
                pod.call("Delete", victim)
    except RemoteError as error:
        assert step in ("started", "executed"), f"{victim}: {step}: {error}"
