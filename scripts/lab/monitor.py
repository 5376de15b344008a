"""Speaks QMP to the QEMU of a sandbox: through a copy of the shim's end, since there is no other way in."""

import ctypes
import json
import os
import re
from pathlib import Path

from .private import Containerd, LabError

PIDFD_OPEN, PIDFD_GETFD = 434, 438


def _inodes(pid: int) -> dict[str, int]:
    """The sockets of a process: descriptor by inode."""
    found = {}
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        if match := re.fullmatch(r"socket:\[(\d+)\]", os.readlink(entry)):
            found[match[1]] = int(entry.name)
    return found


def _control(containerd: Containerd, shim: int, monitor) -> int:
    """The shim's descriptor of the connection that QEMU has accepted on its QMP socket."""
    words = monitor.command
    device = words[words.index("-chardev") + 1 :]
    listener = next(re.search(r"fd=(\d+)", word)[1] for word in device if "id=qmp" in word)
    inode = os.readlink(f"/proc/{monitor.host_pid}/fd/{listener}").removeprefix("socket:[").removesuffix("]")
    # Netid State Recv-Q Send-Q Address Inode PeerAddress PeerInode
    rows = [line.split() for line in containerd.execute("ss", "-xan").stdout.splitlines()[1:]]
    address = next(row[4] for row in rows if row[5] == inode)
    ours, theirs = _inodes(shim), _inodes(monitor.host_pid)
    for row in rows:
        if row[4] == address and row[5] in theirs and row[7] in ours:
            return ours[row[7]]
    raise LabError("no descriptor of the shim leads to QEMU's QMP")


def command(containerd: Containerd, name: str) -> None:
    """Has QEMU carry out a command without arguments; the shim ignores the answer, which is not to it."""
    shim = containerd.named("containerd-shim-swiftlet")[0].host_pid
    monitor = containerd.named("qemu-system")[0]
    number = _control(containerd, shim, monitor)
    libc = ctypes.CDLL(None, use_errno=True)
    process = libc.syscall(PIDFD_OPEN, shim, 0)
    copy = libc.syscall(PIDFD_GETFD, process, number, 0)
    if copy < 0:
        raise LabError(f"can't copy the shim's descriptor {number}: {os.strerror(ctypes.get_errno())}")
    try:
        os.write(copy, json.dumps({"execute": name, "id": "lab"}).encode() + b"\r\n")
    finally:
        os.close(copy)
        os.close(process)
