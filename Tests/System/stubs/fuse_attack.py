"""What a guest that has been taken over asks the file server for, beyond what a kernel would. Used by stub-vmm."""

import os
import stat
import time

from fuse_client import FileServer


def attack(server: FileServer, container: str, outside: str, readonly: str) -> dict:
    """Every attack's outcome by name. `outside` is a folder of the host with a file `secret`, `readonly` the name of a
    read-only mount of the container. An outcome is an error number, or [error number, text that was read]."""
    outcomes: dict[str, object] = {}
    folder = container.encode()
    _wait_for(server, folder, b"mounts", readonly.encode(), b"kept")
    place, rootfs, _ = _wait_for(server, folder, b"rootfs", b"bin")
    *_, closed, _ = _wait_for(server, folder, b"mounts", readonly.encode(), b"kept")
    up = b"../" * 12 + outside.lstrip("/").encode()
    names = {"absolute": outside.encode(), "upward": up, "inside-upward": b"./bin/" + up}
    for where, folder in (("share", 1), ("container", place), ("rootfs", rootfs)):
        for kind, name in names.items():
            key = f"{where} {kind}"
            error, node = server.lookup(folder, name + b"/secret")
            outcomes[f"lookup {key}"] = error
            outcomes[f"read {key}"] = _said(server.read(node)) if not error else error
            outcomes[f"create {key}"] = server.create(folder, name + b"/created")
            outcomes[f"symlink {key}"] = server.symlink(folder, name + b"/symlink", b"/etc/passwd")
            outcomes[f"mkdir {key}"] = server.mkdir(folder, name + b"/folder")
            outcomes[f"mknod {key}"] = server.mknod(folder, name + b"/node", stat.S_IFREG | 0o644)
            outcomes[f"unlink {key}"] = server.unlink(folder, name + b"/secret")
            outcomes[f"rename {key}"] = server.rename(folder, name + b"/secret", folder, b"stolen")
            outcomes[f"rename-onto {key}"] = server.rename(rootfs, b"bin", folder, name + b"/moved")
            outcomes[f"link {key}"] = server.link(folder, name + b"/linked", rootfs)
    for kind, name in {"dots": b"..", "empty": b"", "slash": b"/", "dots-slash": b"../.."}.items():
        error, node = server.lookup(1, name)
        outcomes[f"lookup above {kind}"] = error
        if not error:
            outcomes[f"listed above {kind}"] = server.lookup(node, b"etc")[0]
    # The tree itself is not the guest's to change, whatever its names.
    outcomes["tree create"] = server.create(1, b"created")
    outcomes["tree rename"] = server.rename(place, b"rootfs", place, b"moved")
    outcomes["tree symlink"] = server.symlink(place, b"symlink", outside.encode())
    # Nodes and links that it may make in its own root, and what they open.
    zero, disk = os.makedev(1, 5), os.makedev(7, 0)
    for name, mode, device in ((b"zero", stat.S_IFCHR, zero), (b"disk", stat.S_IFBLK, disk)):
        outcomes[f"make {name.decode()}"] = server.mknod(rootfs, name, mode | 0o666, device)
        error, node = server.lookup(rootfs, name)
        outcomes[f"open {name.decode()}"] = _said(server.read(node)) if not error else error
    outcomes["make link"] = server.symlink(rootfs, b"link", outside.encode())
    _, link = server.lookup(rootfs, b"link")
    outcomes["lookup through link"] = server.lookup(link, b"secret")[0]
    outcomes["open link"] = _said(server.read(link))
    # A read-only mount is so for the host's own kernel.
    outcomes["readonly create"] = server.create(closed, b"created")
    outcomes["readonly unlink"] = server.unlink(closed, b"kept")
    _, kept = server.lookup(closed, b"kept")
    outcomes["readonly open"] = _said(server.read(kept, os.O_RDWR))
    outcomes["readonly read"] = _said(server.read(kept))
    return outcomes


def _wait_for(server: FileServer, *names: bytes) -> list[int]:
    """The nodes of a path in the share, once it is there; walked anew each time, as mounts come on top of folders."""
    for _ in range(1000):
        nodes = [1]
        for name in names:
            error, node = server.lookup(nodes[-1], name)
            if error:
                break
            nodes.append(node)
        if len(nodes) > len(names):
            return nodes[1:]
        time.sleep(0.01)
    raise TimeoutError(f"{names} never came")


def _said(result: tuple[int, bytes]) -> list:
    return [result[0], bytes(result[1][:40]).decode(errors="replace")]
