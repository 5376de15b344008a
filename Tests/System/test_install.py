"""`scripts/install`, into a folder: what lies where, and what is never touched."""

import os
import subprocess
import tomllib
from pathlib import Path

import pytest

from lab.paths import BIN, GUEST, ROOT

pytestmark = pytest.mark.vm


def install(destination: Path, *prefix: str, **options) -> subprocess.CompletedProcess:
    environment = os.environ | {"DESTDIR": str(destination)}
    command = [ROOT / "scripts/install", *prefix]
    return subprocess.run(command, env=environment, capture_output=True, text=True, cwd="/", **options)


def files(folder: Path) -> set[str]:
    return {f"/{path.relative_to(folder)}" for path in folder.rglob("*") if not path.is_dir()}


def test_files(tmp_path):
    done = install(tmp_path, "/usr/local")
    assert (done.returncode, done.stderr) == (0, "")
    programs = ("containerd-shim-swiftlet-v2", "swiftlet", "swiftlet-agent", "swiftlet-init")
    documents = [ROOT / name for name in ("configuration.toml.example", "README.md", "CHANGELOG.md", "LICENSE")]
    documents += (ROOT / "docs").glob("*.md")
    assert files(tmp_path) == (
        {f"/usr/local/bin/{name}" for name in programs}
        | {"/usr/share/swiftlet/vmlinux", "/usr/share/swiftlet/initrd"}
        | {f"/usr/local/share/doc/swiftlet/{path.name}" for path in documents}
    )
    for name in programs:
        installed = tmp_path / "usr/local/bin" / name
        assert installed.stat().st_mode & 0o7777 == 0o755
        assert installed.read_bytes() == (BIN / name).read_bytes()
    assert (tmp_path / "usr/share/swiftlet/initrd").read_bytes() == (GUEST / "initrd").read_bytes()
    # It says what it did, file by file.
    lines = [line for line in done.stdout.splitlines() if line.startswith("installed ")]
    assert {line.removeprefix(f"installed {tmp_path}") for line in lines} == files(tmp_path)
    assert f"there is no {tmp_path}/etc/swiftlet/configuration.toml" in done.stdout
    for program in ("swiftlet", "containerd-shim-swiftlet-v2"):
        flag = {"swiftlet": "--version"}.get(program, "-v")
        assert subprocess.run([tmp_path / "usr/local/bin" / program, flag], capture_output=True).returncode == 0


def test_defaults_of_the_example_are_where_the_guest_is_installed(tmp_path):
    assert install(tmp_path, "/opt/swiftlet").returncode == 0
    example = (tmp_path / "opt/swiftlet/share/doc/swiftlet/configuration.toml.example").read_text()
    machine = tomllib.loads(example.replace("#initrd", "initrd"))["hypervisor"]["qemu"]
    for key in ("kernel", "initrd"):
        assert (tmp_path / machine[key].lstrip("/")).is_file()


def test_configuration_is_kept(tmp_path):
    """Installing anew replaces the files, a running one of which stays as it is, and leaves the configuration alone."""
    assert install(tmp_path, "/usr/").returncode == 0
    configuration = tmp_path / "etc/swiftlet/configuration.toml"
    configuration.parent.mkdir(parents=True)
    configuration.write_text("# mine\n")
    shim = tmp_path / "usr/bin/containerd-shim-swiftlet-v2"
    shim.write_bytes(b"old")
    with open(shim, "rb") as running:
        done = install(tmp_path, "/usr")
        assert running.read() == b"old"
    assert done.returncode == 0
    assert f"kept {configuration}" in done.stdout
    assert configuration.read_text() == "# mine\n"
    assert shim.read_bytes() == (BIN / shim.name).read_bytes()
    assert not [path for path in files(tmp_path) if path.endswith(".new")]


@pytest.mark.parametrize("prefix", [(), ("relative",), ("/a", "/b")])
def test_bad_arguments_install_nothing(tmp_path, prefix):
    done = install(tmp_path, *prefix)
    assert done.returncode != 0
    assert done.stderr.count("\n") == 1
    assert files(tmp_path) == set()


def test_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "usr").write_text("a file is in the way")
    done = install(tmp_path, "/usr")
    assert done.returncode != 0
    assert done.stderr.startswith(f"install: can't install to '{tmp_path}/usr/bin': ")
