"""CVE class C: whatever an image puts in the way of a path, nothing outside of its own root is touched.

CVE-2021-30465, CVE-2023-27561, CVE-2025-31133, CVE-2025-52565, CVE-2026-41579."""

import shutil
import subprocess

import pytest
from hosttree import HostTree
from lab.ttrpc import RemoteError
from pods import SPECIFICATION, Pod

pytestmark = pytest.mark.vm

SHARED = "/run/kata-containers/shared/containers"
PLACES = (
    "/proc", "/sys", "/dev", "/dev/pts", "/dev/shm", "/dev/null", "/mnt/bound", "/scratch", "/work", "/masked", "/closed",
)  # fmt: skip
KINDS = ("absolute", "relative", "dangling", "loop", "procfs", "host")
OWNED = "; ".join(f"echo owned > {place}/owned; rm -rf {place}/victim" for place in PLACES)


def target(kind: str, place: str, outside: str) -> str:
    return {
        # Another container's root, by the paths that only the guest has.
        "absolute": f"{SHARED}/pod/rootfs/victim",
        "relative": "../" * 20 + f"{SHARED}/pod/rootfs/victim".lstrip("/"),
        "dangling": f"{SHARED}/pod/rootfs/not-there",
        "loop": place,
        "procfs": f"/proc/1/root{SHARED}/pod/rootfs/victim",
        "host": outside,
    }[kind]


def specification(source, place: str) -> dict:
    """Every kind of path that a specification can hold, at the places of the corpus."""
    mounts = [mount for mount in SPECIFICATION["mounts"] if not place.startswith("/dev") or mount["destination"] != "/dev"]
    mounts += [
        {"destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": ["newinstance", "ptmxmode=0666"]},
        {"destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": ["nosuid", "size=64k"]},
        {"destination": "/mnt/bound", "type": "bind", "source": str(source), "options": ["rbind", "rw"]},
        {"destination": "/scratch", "type": "tmpfs", "source": "tmpfs", "options": ["size=64k"]},
    ]
    linux = {"maskedPaths": ["/masked"], "readonlyPaths": ["/closed"]}
    process = {"args": ["sh", "-c", f"{{ {OWNED}; }} 2>/dev/null; true"], "cwd": "/work"}
    return {"mounts": mounts, "linux": linux, "process": process}


@pytest.fixture
def scene(lab):
    """A running pod with a victim in its root, and a folder of the host."""
    outside, bound = lab.folder / "outside", lab.folder / "bound"
    for folder in (outside, bound):
        (folder / "victim").mkdir(parents=True)
        (folder / "victim/kept").write_text("kept\n")
    with Pod(lab) as pod:
        shutil.copytree(outside / "victim", pod.bundle / "rootfs/victim")
        yield pod, outside, bound


@pytest.mark.parametrize("kind", KINDS)
def test_class_c_link_at_every_place(scene, kind):
    """Each place of the specification in turn is a link: Create refuses it, or it stays inside of the container."""
    pod, outside, bound = scene
    before = HostTree(outside, pod.bundle / "rootfs")
    refused = []
    for number, place in enumerate(PLACES):
        name = f"linked-{number}"
        bundle = pod.bundle_of(name, **specification(bound, place))
        root = bundle / "rootfs"
        for other in PLACES:
            if other not in ("/dev/null", place):
                (root / other.lstrip("/")).mkdir(parents=True, exist_ok=True)
        link = root / place.lstrip("/")
        if link.is_dir():
            shutil.rmtree(link)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target(kind, place, str(outside)))
        try:
            pod.create(name, bundle)
        except RemoteError as error:
            refused.append(place)
            assert len(error.message) < 4096
        else:
            try:
                pod.call("Start", name)
            except RemoteError:
                refused.append(place)
                pod.call("Delete", name)
            else:
                pod.finish(name)
        assert before.changes() == "", f"{kind} link at {place}"
        shutil.rmtree(bundle)
    # Kernel file systems are never mounted through a link, nor is a device taken for one that is a link.
    assert {"/proc", "/sys", "/dev/null"} <= set(refused), refused


def test_class_c_racer(scene, programs, request):
    """The place changes between a folder and a link all the time, as a volume that another container writes does."""
    pod, outside, bound = scene
    before = HostTree(outside, pod.bundle / "rootfs")
    rounds = 100 if request.config.getoption("--long") else 12
    outcomes = {"made": 0, "refused": 0}
    for number in range(rounds):
        place = ("/proc", "/dev", "/mnt/bound", "/masked")[number % 4]
        name = f"raced-{number}"
        bundle = pod.bundle_of(name, **specification(bound, place))
        root = bundle / "rootfs"
        for other in PLACES:
            if other != "/dev/null":
                (root / other.lstrip("/")).mkdir(parents=True, exist_ok=True)
        (root / "other").symlink_to(target("absolute", place, ""))
        racer = subprocess.Popen([programs / "flip", root / place.lstrip("/"), root / "other"])
        try:
            pod.create(name, bundle)
            pod.call("Start", name)
            pod.finish(name)
            outcomes["made"] += 1
        except RemoteError:
            outcomes["refused"] += 1
            try:
                pod.call("Delete", name)
            except RemoteError:
                pass  # Create itself was refused
        finally:
            racer.kill()
            racer.wait()
        assert before.changes() == "", f"link racing at {place}"
        shutil.rmtree(bundle)
    print(outcomes)
