"""Container images made offline: OCI layouts as tar files, the same bytes from the same busybox."""

import hashlib
import io
import json
import subprocess
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

BUSYBOX = Path("/bin/busybox")
#: applets that are hard links, as in Docker's busybox image; the rest are symbolic links
HARD_LINKS = ("sh", "cat", "echo", "ls", "true", "false", "sleep", "id", "mount")


class Layer:
    """One uncompressed layer. Entries keep their order; owner, mode and kind are as given, times are zero."""

    def __init__(self):
        self._buffer = io.BytesIO()
        self._tar = tarfile.open(fileobj=self._buffer, mode="w", format=tarfile.PAX_FORMAT)

    def _add(self, name: str, kind: bytes, mode: int, owner: tuple[int, int], content: bytes = b"", link: str = ""):
        info = tarfile.TarInfo(name)
        info.type, info.mode, info.linkname, info.size = kind, mode, link, len(content)
        info.uid, info.gid = owner
        self._tar.addfile(info, io.BytesIO(content))

    def directory(self, name: str, mode: int = 0o755, owner: tuple[int, int] = (0, 0)) -> None:
        self._add(name, tarfile.DIRTYPE, mode, owner)

    def file(self, name: str, content: bytes | str, mode: int = 0o644, owner: tuple[int, int] = (0, 0)) -> None:
        data = content.encode() if isinstance(content, str) else content
        self._add(name, tarfile.REGTYPE, mode, owner, data)

    def symlink(self, name: str, target: str) -> None:
        self._add(name, tarfile.SYMTYPE, 0o777, (0, 0), link=target)

    def hard_link(self, name: str, existing: str) -> None:
        self._add(name, tarfile.LNKTYPE, 0o755, (0, 0), link=existing)

    def removed(self, name: str) -> None:
        """Hides a file of a lower layer."""
        folder, _, last = name.rpartition("/")
        self.file(f"{folder}/.wh.{last}" if folder else f".wh.{last}", b"")

    def serialized(self) -> bytes:
        self._tar.close()
        return self._buffer.getvalue()


@dataclass
class Image:
    """Layers and configuration of one image."""

    name: str
    layers: list[bytes]
    config: dict = field(default_factory=dict)


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def layout(images: list[Image]) -> bytes:
    """An OCI layout with all images, as one tar; layers that are shared are stored once."""
    blobs: dict[str, bytes] = {}

    def blob(data: bytes, media_type: str) -> dict:
        blobs[digest(data)] = data
        return {"mediaType": media_type, "digest": digest(data), "size": len(data)}

    def encode(value) -> bytes:
        return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()

    manifests = []
    for image in images:
        layers = [blob(data, "application/vnd.oci.image.layer.v1.tar") for data in image.layers]
        config = {
            "architecture": "amd64",
            "os": "linux",
            "config": image.config,
            "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]},
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": blob(encode(config), "application/vnd.oci.image.config.v1+json"),
            "layers": layers,
        }
        descriptor = blob(encode(manifest), "application/vnd.oci.image.manifest.v1+json")
        descriptor["annotations"] = {"io.containerd.image.name": image.name}
        descriptor["platform"] = {"architecture": "amd64", "os": "linux"}
        manifests.append(descriptor)
    index = {"schemaVersion": 2, "manifests": manifests}

    tar = Layer()
    tar.file("oci-layout", encode({"imageLayoutVersion": "1.0.0"}))
    tar.file("index.json", encode(index))
    tar.directory("blobs")
    tar.directory("blobs/sha256")
    for name in sorted(blobs):
        tar.file(f"blobs/sha256/{name.removeprefix('sha256:')}", blobs[name])
    return tar.serialized()


def busybox_layer(busybox: Path = BUSYBOX) -> bytes:
    """A root file system around a static busybox, with two users."""
    layer = Layer()
    for name in ("bin", "dev", "etc", "home", "proc", "root", "run", "sys", "usr", "usr/bin", "usr/sbin", "var"):
        layer.directory(name)
    layer.directory("tmp", 0o1777)
    layer.directory("home/app", 0o750, (1000, 1000))
    layer.file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/home/app:/bin/sh\n")
    layer.file("etc/group", "root:x:0:\napp:x:1000:\naudio:x:29:app\n")
    layer.file("etc/lower", "from the first layer\n")
    layer.file("etc/gone", "hidden by the second layer\n")
    layer.file("bin/busybox", busybox.read_bytes(), 0o755)
    listed = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split()
    for applet in sorted(set(listed) - {"busybox"}):
        if applet in HARD_LINKS:
            layer.hard_link(f"bin/{applet}", "bin/busybox")
        else:
            layer.symlink(f"bin/{applet}", "busybox")
    return layer.serialized()


def upper_layer() -> bytes:
    """What shows that layers are stacked right: a new file, a hidden one, owners and modes that aren't the default."""
    layer = Layer()
    layer.file("etc/upper", "from the second layer\n")
    layer.removed("etc/gone")
    layer.file("etc/not-executable", "#!/bin/sh\necho must not run\n", 0o644)
    layer.directory("owned", 0o755)
    layer.file("owned/app", "1000:1000\n", 0o640, (1000, 1000))
    layer.file("owned/high", "70000:70001\n", 0o604, (70000, 70001))
    layer.file("owned/setuid", "1:2\n", 0o4755, (1, 2))
    layer.directory("owned/sticky", 0o1777, (3, 4))
    layer.symlink("owned/absolute", "/etc/upper")
    layer.symlink("owned/outside", "/../../../../etc/hostname")
    return layer.serialized()


def standard_images() -> list[Image]:
    base, upper = busybox_layer(), upper_layer()
    environment = ["PATH=/bin:/usr/bin:/sbin", "FROM_IMAGE=yes"]
    root = {"Env": environment, "Cmd": ["sh"], "WorkingDir": "/"}
    user = {"Env": environment, "Cmd": ["id"], "User": "app", "WorkingDir": "/home/app"}
    # Older `ctr run` has no flag for the user: it takes the image's.
    numbers = [
        Image(f"swiftlet.test/user-{uid}-{gid}:latest", [base, upper], root | {"User": f"{uid}:{gid}"})
        for uid, gid in ((1000, 29), (1000, 1000), (2000, 2000))
    ]
    return [
        Image("swiftlet.test/busybox:latest", [base, upper], root),
        Image("swiftlet.test/user:latest", [base, upper], user),
        *numbers,
        Image("swiftlet.test/many-layers:latest", [base, *many_layers(40)], root),
        Image("swiftlet.test/empty:latest", [], root),
    ]


def many_layers(count: int) -> list[bytes]:
    """Enough layers that an overlay's option string is longer than a page of short names allows."""
    layers = []
    for number in range(count):
        layer = Layer()
        layer.file(f"layer-{number:02}", f"{number}\n")
        layer.file("last", f"{number}\n")
        layers.append(layer.serialized())
    return layers
