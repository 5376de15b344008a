"""Programs of other Debian releases, unpacked below .build-lab/ and never installed over the system.

Every set is resolved by apt with lists, state and cache of its own, checked with the system's Debian keyring, and
unpacked by `dpkg -x`. Programs that need a newer C library than the host's get the loader and the libraries of
their own release, written into a copy of the program by patchelf: the copies are plain ELF files that run with an
empty environment, with any working directory, and below a helper that knows nothing of this folder.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

from .paths import LAB

KEYRINGS = (
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
)
#: the loader and the libraries of the C library, and what a program of the same or an older release finds anyway
C_LIBRARY = r"libc6|libgcc-s1|libcrypt1|gcc-\d+-base"


class SetupError(Exception):
    """A phase that can't be finished; the text says why and what to do."""


def mirror() -> str:
    """The Debian archive that this machine's own apt uses: other releases are fetched from there too."""
    command = ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(CODENAME)|$(REPO_URI)", "Created-By: Packages"]
    listed = subprocess.run(command, capture_output=True, text=True).stdout
    if not listed.strip():
        subprocess.run(["apt-get", "-q", "update"], capture_output=True)
        listed = subprocess.run(command, capture_output=True, text=True).stdout
    for line in sorted(set(listed.splitlines())):
        origin, codename, uri = line.split("|", 2)
        if origin == "Debian" and "-" not in codename:
            return uri.rstrip("/")
    raise SetupError("can't find a Debian archive: apt knows none; name one in /etc/apt/sources.list, and retry")


@dataclass(frozen=True)
class PackageSet:
    """Packages of one release that are fetched and unpacked together."""

    name: str
    suites: tuple[str, ...]
    packages: tuple[str, ...]
    #: which packages of the dependency closure to take, as a regular expression on the whole name
    keep: str = ""
    #: and which not
    drop: str = "libsystemd-shared|libpam.*|libsemanage.*"

    @property
    def root(self) -> Path:
        return LAB / "root" / self.name

    def wanted(self, package: str) -> bool:
        if package in self.packages:
            return True
        return bool(re.fullmatch(self.keep, package)) and not re.fullmatch(self.drop, package)

    def stamp(self) -> str:
        return hashlib.sha256(repr(self).encode()).hexdigest()


SETS = (
    PackageSet(
        "qemu",
        ("bookworm", "bookworm-backports"),
        ("qemu-system-x86",),
        keep=r"qemu-system-(common|data)|seabios|ipxe-qemu|zlib1g|lib.*",
        drop=rf"{C_LIBRARY}|libsystemd-shared|libasound2-data",
    ),
    PackageSet("kernel", ("bookworm", "bookworm-backports"), ("linux-image-cloud-amd64",), r"linux-image-6.*"),
    PackageSet("virtiofsd-1.13", ("trixie",), ("virtiofsd",), r"lib.*"),
    PackageSet("virtiofsd-1.14", ("sid",), ("virtiofsd",), r"lib.*"),
    PackageSet("vhost-device-vsock", ("sid",), ("vhost-device-vsock",)),
    PackageSet("containerd-1.6", ("bookworm",), ("containerd", "runc"), r"libseccomp2"),
    PackageSet("containerd-1.7", ("trixie",), ("containerd",)),
    PackageSet("containerd-2.1", ("sid",), ("containerd",)),
)


def run(command: list[str], what: str, **options) -> str:
    """Standard output of a command; an error with the end of its standard error if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)
    if done.returncode != 0:
        reason = " / ".join(done.stderr.strip().splitlines()[-3:]) or f"exit code {done.returncode}"
        raise SetupError(f"can't {what}: {reason}")
    return done.stdout


class Apt:
    """apt-get with the lists, state and cache of one set of suites."""

    def __init__(self, suites: tuple[str, ...]):
        self.suites = suites
        self.home = LAB / "apt" / suites[-1]
        keyring = next((path for path in KEYRINGS if path.exists()), None)
        if keyring is None:
            raise SetupError(
                f"can't check Debian's signatures: '{KEYRINGS[0]}' is missing; install debian-archive-keyring"
            )
        for folder in ("state/lists/partial", "cache/archives/partial", "none"):
            (self.home / folder).mkdir(parents=True, exist_ok=True)
        sources = self.home / "sources.list"
        sources.write_text("".join(f"deb [signed-by={keyring}] {mirror()} {suite} main\n" for suite in suites))
        (self.home / "status").touch()
        settings = {
            "Dir::Etc::SourceList": sources,
            "Dir::Etc::SourceParts": self.home / "none",
            "Dir::Etc::Preferences": "/dev/null",
            "Dir::Etc::PreferencesParts": self.home / "none",
            "Dir::State": self.home / "state",
            "Dir::State::status": self.home / "status",
            "Dir::Cache": self.home / "cache",
            "APT::Architecture": "amd64",
            "APT::Architectures": "amd64",
            "APT::Sandbox::User": "root",
            "APT::Install-Recommends": "false",
            "APT::Default-Release": suites[-1],
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
            # A mirror that is behind by weeks will do for test programs; signatures are checked all the same.
            "Acquire::Check-Valid-Until": "false",
            "Debug::NoLocking": "true",
        }
        self.command = ["apt-get", "-q", "-y"]
        for key, value in settings.items():
            self.command += ["-o", f"{key}={value}"]

    def update(self) -> None:
        names = ", ".join(self.suites)
        advice = "check that this machine reaches its Debian mirror and retry"
        output = run(self.command + ["update", "--error-on=any"], f"read the package lists of {names}; {advice}")
        if "Err:" in output:
            raise SetupError(f"can't read the package lists of {names}: {advice}")

    def closure(self, packages: tuple[str, ...]) -> list[tuple[str, str]]:
        """Names and versions of the packages and all they depend on."""
        output = run(self.command + ["--print-uris", "install", *packages], f"resolve {', '.join(packages)}")
        found = []
        for line in output.splitlines():
            if line.startswith("'"):
                name, version, _ = urllib.parse.unquote(line.split()[1]).split("_")
                found.append((name, version))
        return found

    def download(self, packages: list[tuple[str, str]], folder: Path) -> None:
        """The .deb files in the folder; those that are there and whole are not fetched again."""
        names = [f"{name}={version}" for name, version in packages]
        run(self.command + ["download", *names], f"download {', '.join(names)}", cwd=folder)


def fetch(group: PackageSet, updated: set[str]) -> bool:
    """Fetches and unpacks one set; false if it is there already."""
    stamp = group.root / ".stamp"
    if stamp.exists() and stamp.read_text().splitlines()[0] == group.stamp():
        return False
    apt = Apt(group.suites)
    if group.suites[-1] not in updated:
        apt.update()
        updated.add(group.suites[-1])
    debs = LAB / "debs" / group.name
    debs.mkdir(parents=True, exist_ok=True)
    chosen = [item for item in apt.closure(group.packages) if group.wanted(item[0])]
    apt.download(chosen, debs)
    fresh = group.root.with_name(group.root.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name, version in chosen:
        escaped = version.replace(":", "%3a")
        matches = sorted(debs.glob(f"{name}_{escaped}_*.deb"))
        if not matches:
            raise SetupError(f"can't find the package {name} {version} in '{debs}': remove that folder and retry")
        run(["dpkg", "-x", str(matches[0]), str(fresh)], f"unpack '{matches[0].name}'")
    lines = [group.stamp()] + [f"{name} {version}" for name, version in chosen]
    (fresh / ".stamp").write_text("\n".join(lines) + "\n")
    shutil.rmtree(group.root, ignore_errors=True)
    fresh.rename(group.root)
    return True


def library_folders(root: Path) -> list[Path]:
    """Folders with shared libraries, whether or not the release has merged /lib into /usr/lib."""
    names = ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu")
    return [root / name for name in names if (root / name).is_dir()]


def place(source: Path, target: Path, libraries: list[Path] = (), loader: Path | None = None) -> None:
    """A runnable copy of a program, with its own libraries and loader written into it where they are given."""
    if not source.exists():
        raise SetupError(f"can't find '{source}': the package no longer holds it")
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(target.name + ".new")
    shutil.copy2(source, fresh)
    if libraries:
        # DT_RPATH, not DT_RUNPATH: it counts for the libraries of the libraries and for modules loaded later too.
        path = ":".join(map(str, libraries))
        run(["patchelf", "--force-rpath", "--set-rpath", path, str(fresh)], f"patch '{target.name}'")
    if loader is not None:
        run(["patchelf", "--set-interpreter", str(loader), str(fresh)], f"patch '{target.name}'")
    fresh.rename(target)


def root_of(name: str) -> Path:
    return next(group.root for group in SETS if group.name == name)


def arrange_qemu() -> None:
    """QEMU looks for modules and data below `qemu-bundle` beside itself before it looks in /usr."""
    root = root_of("qemu")
    place(root / "usr/bin/qemu-system-x86_64", LAB / "bin/qemu-system-x86_64", library_folders(root))
    bundle = LAB / "bin/qemu-bundle"
    bundle.mkdir(exist_ok=True)
    (bundle / "usr").unlink(missing_ok=True)
    (bundle / "usr").symlink_to(root / "usr")
    # A fixed place for the firmware that a configuration names.
    data = LAB / "share/qemu"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    shutil.copy2(root / "usr/share/qemu/qboot.rom", data / "qboot.rom")


def arrange_virtiofsd() -> None:
    for version in ("1.13", "1.14"):
        root = root_of(f"virtiofsd-{version}")
        loader = next((p for p in root.glob("**/ld-linux-x86-64.so.2") if p.is_file()), None)
        if loader is None:
            raise SetupError(f"can't find the loader of virtiofsd {version}: remove '{root}' and retry")
        source = root / "usr/libexec/virtiofsd"
        place(source, LAB / f"bin/virtiofsd-{version}", library_folders(root), loader)
    shutil.copy2(LAB / "bin/virtiofsd-1.13", LAB / "bin/virtiofsd.new")
    (LAB / "bin/virtiofsd.new").rename(LAB / "bin/virtiofsd")


def arrange_others() -> None:
    place(root_of("vhost-device-vsock") / "usr/bin/vhost-device-vsock", LAB / "bin/vhost-device-vsock")
    seccomp = library_folders(root_of("containerd-1.6"))
    for version in ("1.6", "1.7", "2.1"):
        source = root_of(f"containerd-{version}") / "usr/bin"
        for name in ("containerd", "ctr", "containerd-shim-runc-v2"):
            place(source / name, LAB / f"containerd-{version}/bin/{name}")
    root = root_of("containerd-1.6")
    runc = next((root / f for f in ("usr/sbin/runc", "usr/bin/runc") if (root / f).exists()), root / "usr/sbin/runc")
    place(runc, LAB / "bin/runc", seccomp)


def arrange_kernel() -> None:
    root = root_of("kernel")
    images = sorted((root / "boot").glob("vmlinuz-*"))
    if not images:
        raise SetupError(f"can't find a kernel below '{root}': remove that folder and retry")
    release = images[-1].name.removeprefix("vmlinuz-")
    target = LAB / "kernel"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    (target / "release").write_text(release + "\n")
    (target / "vmlinuz").symlink_to(images[-1])
    (target / "modules").symlink_to(next(p for p in root.glob(f"**/lib/modules/{release}") if p.is_dir()))


#: what is run once at the end of set-up: each must print its version with an empty environment
PROGRAMS = (
    ("bin/qemu-system-x86_64", "--version"),
    ("bin/virtiofsd-1.13", "--version"),
    ("bin/virtiofsd-1.14", "--version"),
    ("bin/virtiofsd", "--version"),
    ("bin/vhost-device-vsock", "--version"),
    ("bin/runc", "--version"),
    ("containerd-1.6/bin/containerd", "--version"),
    ("containerd-1.7/bin/containerd", "--version"),
    ("containerd-2.1/bin/containerd", "--version"),
)


def versions() -> list[str]:
    """One line per program; running them proves that they start here."""
    lines = []
    for name, flag in PROGRAMS:
        output = run([str(LAB / name), flag], f"run '{LAB / name}'", env={}, cwd="/")
        lines.append(f"{name}: {output.strip().splitlines()[0]}")
    return lines + [f"kernel: {(LAB / 'kernel/release').read_text().strip()}"]


def arranged() -> str:
    """What the arrangement depends on: the packages, this file and the checkout's place."""
    parts = [str(LAB), hashlib.sha256(Path(__file__).read_bytes()).hexdigest()]
    parts += [(group.root / ".stamp").read_text() for group in SETS if (group.root / ".stamp").exists()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def main() -> int:
    LAB.mkdir(exist_ok=True)
    with open(LAB / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ready = LAB / ".ready"
        complete = all((g.root / ".stamp").exists() for g in SETS)
        if complete and ready.exists() and ready.read_text() == arranged():
            return 0
        ready.unlink(missing_ok=True)
        updated: set[str] = set()
        for group in SETS:
            start = time.monotonic()
            if fetch(group, updated):
                took = time.monotonic() - start
                print(f"setup: {group.name}: fetched from {group.suites[-1]} ({took:.0f} s)", flush=True)
        for arrange in (arrange_qemu, arrange_virtiofsd, arrange_others, arrange_kernel):
            arrange()
        report = versions()
        packages = [f"{g.name}: {line}" for g in SETS for line in (g.root / ".stamp").read_text().splitlines()[1:]]
        (LAB / "versions.txt").write_text("\n".join(report + packages) + "\n")
        for spent in ("apt", "debs"):
            shutil.rmtree(LAB / spent, ignore_errors=True)
        ready.write_text(arranged())
        print(f"setup: foreign programs run; versions are in '{LAB / 'versions.txt'}'", flush=True)
    return 0


if __name__ == "__main__":
    os.umask(0o022)
    try:
        sys.exit(main())
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        sys.exit(1)
