"""A writer of newc archives: deterministic, with hard links and device nodes, for an initramfs."""

import stat
from dataclasses import dataclass, field


@dataclass
class Entry:
    """One file of the archive; `content` of a symbolic link is where it leads."""

    mode: int
    content: bytes = b""
    links: list[str] = field(default_factory=list)
    device: tuple[int, int] = (0, 0)


class Archive:
    """Files by path without a leading slash; parents are made as needed, owner is root, every time is zero."""

    def __init__(self):
        self.entries: dict[str, Entry] = {}

    def directory(self, path: str, mode: int = 0o755) -> None:
        self._add(path, Entry(stat.S_IFDIR | mode))

    def file(self, path: str, content: bytes, mode: int = 0o644) -> None:
        self._add(path, Entry(stat.S_IFREG | mode, content))

    def symlink(self, path: str, target: str) -> None:
        self._add(path, Entry(stat.S_IFLNK | 0o777, target.encode()))

    def hard_link(self, path: str, existing: str) -> None:
        """A further name of a file that is there; the kernel unpacks the content once."""
        self._parents(path)
        self.entries[existing].links.append(path)

    def device(self, path: str, major: int, minor: int, mode: int = 0o666) -> None:
        self._add(path, Entry(stat.S_IFCHR | mode, device=(major, minor)))

    def _add(self, path: str, entry: Entry) -> None:
        self._parents(path)
        self.entries[path] = entry

    def _parents(self, path: str) -> None:
        parts = path.split("/")[:-1]
        for end in range(1, len(parts) + 1):
            self.entries.setdefault("/".join(parts[:end]), Entry(stat.S_IFDIR | 0o755))

    def serialized(self) -> bytes:
        """The archive; names in an order in which parents come first, links right after the first name."""
        out = bytearray()
        for inode, path in enumerate(sorted(self.entries), start=1):
            entry = self.entries[path]
            names = [path, *sorted(entry.links)]
            directory = stat.S_ISDIR(entry.mode)
            for name in names:
                # All names of a linked file carry the same inode; only the last one carries the content.
                content = entry.content if name == names[-1] else b""
                links = 2 if directory else len(names)
                _record(out, name, inode, entry.mode, links, content, entry.device)
        _record(out, "TRAILER!!!", 0, 0, 1, b"", (0, 0))
        out += bytes(-len(out) % 512)
        return bytes(out)


def _record(out: bytearray, name: str, inode: int, mode: int, links: int, content: bytes, device) -> None:
    encoded = name.encode() + b"\0"
    fields = (inode, mode, 0, 0, links, 0, len(content), 0, 0, *device, len(encoded), 0)
    out += b"070701" + b"".join(b"%08X" % value for value in fields) + encoded
    out += bytes(-len(out) % 4)
    out += content
    out += bytes(-len(out) % 4)
