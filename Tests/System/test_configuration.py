"""A configuration that can't be used gets one clear error, and nothing is started."""

import os

import pytest

from lab import configuration
from lab.paths import LAB

pytestmark = pytest.mark.vm


def refused(lab, *words, **options):
    """A run must fail, with all these words in what the user sees, and start nothing."""
    done = lab.run("echo", "ran", **options)
    assert done.returncode != 0
    assert done.stdout == ""
    for word in words:
        assert word in done.stderr, done.stderr
    return done.stderr


def line_of(path, text: str) -> int:
    return next(number for number, line in enumerate(path.read_text().splitlines(), 1) if text in line)


def test_key_of_kata_that_is_not_here_is_ignored_with_one_warning(lab):
    lab.configure({"hypervisor.qemu": {"memory_slots": 10, "block_device_aio": "io_uring"}})
    assert lab.output("echo", "ran") == "ran\n"
    warnings = [line for line in lab.log().splitlines() if "memory_slots" in line]
    assert warnings and all("block_device_aio" in line for line in warnings)


def test_key_whose_absence_would_weaken_security_is_refused(lab):
    path = lab.configure({"hypervisor.qemu": {"rootless": True}})
    refused(lab, "rootless", f"{path.name}:{line_of(path, 'rootless')}")


def test_unknown_key_is_refused_with_the_nearest_one(lab):
    path = lab.configure({"hypervisor.qemu": {"default_memroy": 512}})
    refused(lab, "default_memroy", "default_memory", f"{path.name}:{line_of(path, 'default_memroy')}")


@pytest.mark.parametrize(
    "table, key, value",
    [
        ("hypervisor.qemu", "default_memory", "much"),
        ("hypervisor.qemu", "default_memory", -1),
        ("hypervisor.qemu", "machine_type", "toaster"),
        ("hypervisor.qemu", "accelerator", "warp"),
        ("runtime", "create_container_timeout", 0),
    ],
)
def test_value_that_is_wrong(lab, table, key, value):
    path = lab.configure({table: {key: value}})
    refused(lab, key, f"{path.name}:{line_of(path, key)}")


def test_text_that_is_no_toml(lab):
    path = lab.configure(text="[hypervisor.qemu\npath = ")
    refused(lab, path.name)


def test_two_hypervisors(lab):
    lab.configure({"hypervisor.clh": {"path": "/usr/bin/cloud-hypervisor"}})
    refused(lab, "hypervisor.clh", "hypervisor.qemu")


@pytest.mark.parametrize("key", ["kernel", "initrd", "path", "firmware", "virtio_fs_daemon", "vhost_user_vsock_daemon"])
def test_file_that_is_missing(lab, key):
    if key == "vhost_user_vsock_daemon" and os.path.exists("/dev/vhost-vsock"):
        pytest.skip("this host has /dev/vhost-vsock: the daemon is not needed")
    lab.configure({"hypervisor.qemu": {key: "/absent/file"}})
    assert "no such file or directory" in refused(lab, "/absent/file").lower()


def test_file_that_is_not_executable(lab):
    lab.configure({"hypervisor.qemu": {"path": str(LAB / "versions.txt")}})
    refused(lab, "versions.txt")


def test_configuration_that_is_missing(lab):
    path = lab.configure()
    path.unlink()
    refused(lab, str(path))


def test_drop_in_wins(lab):
    folder = lab.configure().parent / "config.d"
    folder.mkdir()
    try:
        (folder / "20-bad.toml").write_text('[hypervisor.qemu]\nkernel = "/absent/from-drop-in"\n')
        refused(lab, "/absent/from-drop-in")
        (folder / "30-good.toml").write_text(f'[hypervisor.qemu]\nkernel = "{configuration.BASE["hypervisor.qemu"]["kernel"]}"\n')
        assert lab.output("echo", "ran") == "ran\n"
    finally:
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()


def test_path_given_by_the_client(lab):
    """The runtime option `config_path` comes before the environment."""
    other = lab.folder / "other.toml"
    other.write_text(configuration.render({"hypervisor.qemu": {"kernel": "/absent/from-option"}}))
    refused(lab, "/absent/from-option", flags=["--runtime-config-path", other])


def test_annotations_change_nothing_unless_listed(lab):
    flags = ["--annotation", "io.katacontainers.config.hypervisor.kernel=/absent", "--annotation"]
    flags += ["io.katacontainers.config.hypervisor.virtio_fs_extra_args=[\"--sandbox=none\"]"]
    assert lab.output("echo", "ran", flags=flags) == "ran\n"


@pytest.mark.parametrize("kind", ["exit", "exit-zero", "hang", "garbage", "half"])
def test_monitor_that_misbehaves(lab, programs, kind):
    stub = lab.folder / f"stub-{kind}"
    stub.write_bytes((programs / "stub-vmm").read_bytes())
    stub.chmod(0o755)
    lab.configure({"hypervisor.qemu": {"path": str(stub)}, "agent.kata": {"dial_timeout": 3}})
    errors = refused(lab, timeout=60)
    if kind.startswith("exit"):
        assert "flux capacitor" in errors
    assert len(errors) < 8192 and "\x1b" not in errors


def test_kernel_that_does_not_boot(lab):
    """A guest that never answers: the error carries what the machine had to say."""
    kernel = lab.folder / "kernel"
    kernel.write_bytes(b"\x7fELF" + bytes(4096))
    lab.configure({"hypervisor.qemu": {"kernel": str(kernel)}, "agent.kata": {"dial_timeout": 3}})
    refused(lab, timeout=60)
