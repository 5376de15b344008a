"""Where things lie in the checkout."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: programs of other Debian releases, made by scripts/setup
LAB = ROOT / ".build-lab"
#: guest kernel and initramfs, made by scripts/guest/build
GUEST = ROOT / ".build-guest"
#: the product's binaries, made by `make build`
BIN = ROOT / "bin"
#: scratch space of running private containerds
RUN = LAB / "run"


class MissingPrerequisite(Exception):
    """Something that another make target makes is not there; the text says which."""


def require(path: Path, how: str) -> Path:
    """The path, if it exists; else an error that tells how to make it."""
    if not path.exists():
        raise MissingPrerequisite(f"'{path}' is missing: run '{how}' and retry")
    return path
