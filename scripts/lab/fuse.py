"""A file system of this process, by the kernel's FUSE protocol: a tree of nodes that call back when they are read or written.

It shows what sysfs is made of: folders, files that are read and written whole, links, and device nodes. Nothing is
cached by the kernel, so a change shows at once.
"""

import errno
import os
import stat
import struct
import subprocess
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

HEADER = struct.Struct("<IIQQIIIHH")
OUT = struct.Struct("<IiQ")
MAX_WRITE = 1 << 16
DIRECT_IO = 1


class Operation(IntEnum):
    """The requests that are answered, or that need no answer."""

    LOOKUP, FORGET, GETATTR, SETATTR, READLINK = 1, 2, 3, 4, 5
    OPEN, READ, WRITE, STATFS, RELEASE = 14, 15, 16, 17, 18
    INIT, OPENDIR, READDIR, RELEASEDIR, INTERRUPT, BATCH_FORGET = 26, 27, 28, 29, 36, 42


SILENT = (Operation.FORGET, Operation.BATCH_FORGET, Operation.INTERRUPT)


@dataclass(eq=False)
class Node:
    """A file, folder, link or device node."""

    mode: int
    content: bytes = b""
    target: str = ""
    number: tuple[int, int] = (0, 0)
    children: dict[str, "Node"] = field(default_factory=dict)
    #: takes what is written and the writer's thread; an OSError is the writer's
    on_write: Callable[[bytes, int], None] | None = None
    #: called before the content is read; it may wait
    on_read: Callable[[], None] | None = None
    inode: int = 0

    @property
    def device(self) -> int:
        """The number as the protocol has it."""
        major, minor = self.number
        return (minor & 0xFF) | (major << 8) | ((minor & ~0xFF) << 12)


def folder() -> Node:
    return Node(stat.S_IFDIR | 0o755)


def file(content: str | bytes = b"", on_write: Callable[[bytes, int], None] | None = None) -> Node:
    data = content.encode() if isinstance(content, str) else content
    return Node(stat.S_IFREG | (0o644 if on_write else 0o444), content=data, on_write=on_write)


def link(target: str) -> Node:
    return Node(stat.S_IFLNK | 0o777, target=target)


def character_device(number: tuple[int, int]) -> Node:
    return Node(stat.S_IFCHR | 0o600, number=number)


class Filesystem:
    """A tree that is mounted by `mount()` and served by threads of this process until it is unmounted everywhere.

    `lock` is held while a request looks at the tree; who changes it takes the lock too. It is not held in what nodes call.
    """

    def __init__(self, root: Node):
        self.lock = threading.RLock()
        self._nodes: dict[int, Node] = {1: root}
        root.inode = 1
        self._listings: dict[int, list[tuple[str, Node]]] = {}
        self._handle = 1
        self._device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)

    def mount(self, namespace: int, place: str) -> None:
        """Mounts it at a folder in the mount namespace of a process, and serves it from then on."""
        options = f"fd={self._device},rootmode=40000,user_id=0,group_id=0,allow_other"
        words = ["nsenter", "-t", str(namespace), "-m", "--", "mount", "-i", "-t", "fuse", "-o", options, "fake-host", place]
        subprocess.run(words, check=True, pass_fds=[self._device])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                request = os.read(self._device, MAX_WRITE + (1 << 12))
            except OSError as error:
                if error.errno in (errno.EINTR, errno.EAGAIN, errno.ENOENT):
                    continue
                os.close(self._device)  # ENODEV: it is mounted nowhere any more
                return
            _, operation, unique, inode, _, _, thread, _, _ = HEADER.unpack_from(request)
            body = request[HEADER.size :]
            if operation in (Operation.WRITE, Operation.READ):
                # It may take as long as it likes; the others go on.
                act = self._write if operation == Operation.WRITE else self._read
                threading.Thread(target=act, args=(unique, inode, thread, body), daemon=True).start()
            elif operation not in SILENT:
                self._answer(unique, lambda: self._perform(operation, inode, body))

    def _answer(self, unique: int, act: Callable[[], bytes]) -> None:
        number, answer = 0, b""
        try:
            answer = act()
        except OSError as error:
            number = error.errno
        except Exception:
            # Without an answer the asking process would wait for ever.
            number = errno.EIO
            traceback.print_exc()
        try:
            os.write(self._device, OUT.pack(OUT.size + len(answer), -number, unique) + answer)
        except OSError:
            pass  # the request is gone, or the mount

    def _write(self, unique: int, inode: int, thread: int, body: bytes) -> None:
        def act() -> bytes:
            size = struct.unpack_from("<QQI", body)[2]
            with self.lock:
                node = self._node(inode)
            if node.on_write is None:
                raise OSError(errno.EIO, "no attribute to write")
            node.on_write(body[40 : 40 + size], thread)
            return struct.pack("<II", size, 0)

        self._answer(unique, act)

    def _read(self, unique: int, inode: int, _: int, body: bytes) -> None:
        def act() -> bytes:
            _, offset, size = struct.unpack_from("<QQI", body)
            with self.lock:
                node = self._node(inode)
            if node.on_read:
                node.on_read()
            with self.lock:
                return node.content[offset : offset + size]

        self._answer(unique, act)

    def _perform(self, operation: int, inode: int, body: bytes) -> bytes:
        with self.lock:
            match operation:
                case Operation.INIT:  # version 7.31, no feature
                    return struct.pack("<IIIIHHIIHHI7I", 7, 31, 0, 0, 16, 12, MAX_WRITE, 1, 0, 0, 0, *[0] * 7)
                case Operation.LOOKUP:
                    node = self._node(inode).children.get(body.rstrip(b"\0").decode())
                    if node is None:
                        raise OSError(errno.ENOENT, "not there")
                    return struct.pack("<QQQQII", self._number(node), 0, 0, 0, 0, 0) + self._attributes(node)
                case Operation.GETATTR | Operation.SETATTR:  # a truncation is none
                    return struct.pack("<QII", 0, 0, 0) + self._attributes(self._node(inode))
                case Operation.READLINK:
                    return self._node(inode).target.encode()
                case Operation.OPEN:
                    return struct.pack("<QII", 0, DIRECT_IO, 0)
                case Operation.STATFS:
                    return struct.pack("<QQQQQIIII24x", 0, 0, 0, 0, 0, 4096, 255, 4096, 0)
                case Operation.OPENDIR:
                    self._handle += 1
                    self._listings[self._handle] = list(self._node(inode).children.items())
                    return struct.pack("<QII", self._handle, 0, 0)
                case Operation.READDIR:
                    return self._listing(*struct.unpack_from("<QQI", body))
                case Operation.RELEASEDIR:
                    self._listings.pop(struct.unpack_from("<Q", body)[0], None)
                    return b""
                case Operation.RELEASE:
                    return b""
        raise OSError(errno.ENOSYS, "not of this protocol")

    def _listing(self, handle: int, offset: int, size: int) -> bytes:
        answer = b""
        for index, (name, node) in enumerate(self._listings.get(handle, [])[offset:], offset + 1):
            raw = name.encode()
            entry = struct.pack("<QQII", self._number(node), index, len(raw), stat.S_IFMT(node.mode) >> 12) + raw
            entry += bytes(-len(entry) % 8)
            if len(answer) + len(entry) > size:
                break
            answer += entry
        return answer

    def _attributes(self, node: Node) -> bytes:
        # Between size and mode: blocks and times; then links, owner, group, device number, block size, flags.
        size, links = len(node.target or node.content), 2 if stat.S_ISDIR(node.mode) else 1
        what = (node.mode, links, 0, 0, node.device, 4096, 0)
        return struct.pack("<QQ44x7I", self._number(node), size, *what)

    def _node(self, inode: int) -> Node:
        if inode not in self._nodes:
            raise OSError(errno.ENOENT, "gone")
        return self._nodes[inode]

    def _number(self, node: Node) -> int:
        if not node.inode:
            node.inode = len(self._nodes) + 1
            self._nodes[node.inode] = node
        return node.inode
