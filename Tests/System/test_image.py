"""A guest that boots from a disk image: whose init is the agent, or starts it."""

import hashlib
import os
import struct
import subprocess
import threading
import time
from pathlib import Path

import pytest

from lab.paths import LAB

pytestmark = pytest.mark.vm

GUEST_SCRIPTS = Path(__file__).resolve().parents[2] / "scripts/guest"
INITS = ("agent", "busybox")


@pytest.fixture(scope="session")
def images():
    """An image for each init, and the initrd that finds the disk for a kernel with modules."""
    folder = LAB / "guest-image"
    folder.mkdir(exist_ok=True)
    subprocess.run([GUEST_SCRIPTS / "build", "--disk", "--output", folder], check=True, stdout=subprocess.DEVNULL)
    for init in INITS:
        service = ["--service", "/bin/busybox"] if init == "busybox" else []
        command = [GUEST_SCRIPTS / "image", *service, folder / f"{init}.img"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder


def configure(lab, images: Path, image: Path) -> None:
    lab.configure({"hypervisor.qemu": {"image": str(image), "initrd": str(images / "initrd")}})


def checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("init", INITS)
def test_cve_class_h_image_is_read_only_and_boots(lab, images, init):
    image = images / f"{init}.img"
    before = checksum(image)
    configure(lab, images, image)
    # As root of the container with every right that a user may ask for: the disk stays out of reach.
    script = """
        major=$(grep virtblk /proc/devices | cut -d ' ' -f 1)
        mknod /tmp/disk b $major 1 && echo made
        head -c 1 /tmp/disk || echo closed
        echo x > /tmp/disk || echo closed
        sleep 1000
    """
    flags = ["--cap-add", "CAP_MKNOD", "--cap-add", "CAP_SYS_ADMIN"]
    with lab.running("sh", "-c", script, flags=flags) as name:
        done = lab.exec(name, "grep", " / ", "/proc/mounts")
        assert done.returncode == 0, done.stderr
        monitor = lab.one("qemu-system")
        assert [flags_of(monitor, fd) & os.O_ACCMODE for fd in opened(monitor, image)] == [os.O_RDONLY]
        words = " ".join(monitor.command)
        assert "root=/dev/vda1" in words and "raw" in words
    assert lab.output("sh", "-c", script.replace("sleep 1000", ""), flags=flags) == "made\nclosed\nclosed\n"
    assert checksum(image) == before


def opened(process, path: Path) -> list[str]:
    folder = Path(f"/proc/{process.host_pid}/fd")
    return [entry.name for entry in folder.iterdir() if os.readlink(entry).endswith(path.name)]


def flags_of(process, descriptor: str) -> int:
    for line in Path(f"/proc/{process.host_pid}/fdinfo/{descriptor}").read_text().splitlines():
        if line.startswith("flags:"):
            return int(line.split()[1], 8)
    raise AssertionError("no flags")


def test_cve_class_i_an_image_that_claims_a_format_is_raw(lab, images):
    """A qcow2 header that names a host file as what lies beneath: nobody opens it."""
    secret = lab.folder / "secret"
    secret.write_text("a secret of the host\n")
    name = str(secret).encode()
    header = struct.pack(">4sIQIIQ", b"QFI\xfb", 3, 4096, len(name), 16, 64 << 20)
    image = lab.folder / "forged.img"
    image.write_bytes(header.ljust(4096, b"\0") + name + bytes(1 << 20))
    configure(lab, images, image)
    seen, stop = set(), threading.Event()

    def watch():
        while not stop.is_set():
            for process in lab.containerd.named("qemu-system"):
                try:
                    folder = f"/proc/{process.host_pid}/fd"
                    seen.update(os.readlink(f"{folder}/{entry}") for entry in os.listdir(folder))
                except OSError:
                    pass  # It has ended meanwhile.
            time.sleep(0.05)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        done = lab.run("true")
    finally:
        stop.set()
        watcher.join()
    assert done.returncode != 0
    assert "can't find the guest's root '/dev/vda1'" in done.stderr, done.stderr
    assert any(path.endswith(image.name) for path in seen)
    assert not any(path.endswith(secret.name) for path in seen)
    assert "a secret of the host" not in done.stderr + lab.log()
