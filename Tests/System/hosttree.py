"""What a host's file tree looks like, so that a test sees whether an attack has changed any of it."""

import hashlib
import os
import stat
from pathlib import Path

#: folders whose own entries are looked at, without what is below them
HOST = ("/", "/etc", "/bin", "/usr", "/usr/bin", "/sbin", "/root", "/home", "/lib", "/var")


class HostTree:
    """A picture of the host's main folders, and of the given folders with all that is in them."""

    def __init__(self, *folders: Path):
        self._folders = folders
        self._before = self._take()

    def _take(self) -> dict[str, str]:
        found = {}
        for folder in HOST:
            found[folder] = self._describe(folder)
            for name in os.listdir(folder):
                path = os.path.join(folder, name)
                # Others may write there meanwhile; what kind of file each is does not change.
                found[path] = self._describe(path).split()[0]
        for folder in self._folders:
            found[str(folder)] = self._describe(folder)
            for parent, folders, files in os.walk(folder):
                for name in (*folders, *files):
                    path = os.path.join(parent, name)
                    found[path] = self._describe(path)
                    if os.path.isfile(path) and not os.path.islink(path):
                        found[path] += " " + hashlib.sha256(Path(path).read_bytes()).hexdigest()
        return found

    @staticmethod
    def _describe(path) -> str:
        found = os.lstat(path)
        target = os.readlink(path) if stat.S_ISLNK(found.st_mode) else ""
        return f"{oct(found.st_mode)} {found.st_uid}:{found.st_gid} {found.st_rdev} {target}"

    def changes(self) -> str:
        """What differs now, one line each; empty if nothing does."""
        after = self._take()
        lines = [f"- {path} {text}" for path, text in self._before.items() if after.get(path) != text]
        lines += [f"+ {path} {text}" for path, text in after.items() if self._before.get(path) != text]
        return "\n".join(sorted(lines))
