"""The last part of `make demo`: a private containerd, and a container in a virtual machine."""

import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from lab import configuration  # noqa: E402  (the path above comes first)
from lab.paths import RUN, MissingPrerequisite  # noqa: E402
from lab.private import SWIFTLET, Containerd, LabError  # noqa: E402

IMAGE = "swiftlet.test/busybox:latest"


def phase(name: str, start: float) -> None:
    print(f"demo: {name:<34} {time.monotonic() - start:6.1f} s", flush=True)


def main() -> int:
    RUN.mkdir(parents=True, exist_ok=True)
    settings = RUN / f"demo-{os.getpid()}.toml"
    settings.write_text(configuration.render())
    try:
        start = time.monotonic()
        with Containerd("1.7", settings) as containerd:
            containerd.import_images()
            phase("start a private containerd", start)
            start = time.monotonic()
            arguments = ["run", "--rm", "--runtime", SWIFTLET, IMAGE, "demo", "uname", "-r"]
            done = containerd.ctr(*arguments, check=False)
            if done.returncode != 0:
                print(f"demo: the container failed: {done.stderr.strip()}\n{containerd.tail(40)}", file=sys.stderr)
                return 1
            phase("run a container in a VM", start)
    finally:
        settings.unlink()
    print(f"host kernel: {os.uname().release}")
    print(f"guest kernel: {done.stdout.strip()}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (LabError, MissingPrerequisite) as error:
        sys.exit(f"demo: {error}")
