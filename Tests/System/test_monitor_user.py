"""`[security] vmm_user`: the monitor is a process of an unprivileged user. The facts are read from /proc."""

import os
import shutil
import signal
from pathlib import Path

import pytest

from lab import configuration

pytestmark = pytest.mark.vm

USER, GROUP = 65534, 65533


def configure(lab, more: dict[str, dict] | None = None):
    return lab.configure({"security": {"vmm_user": USER, "vmm_group": GROUP}} | (more or {}))


def status(process) -> dict[str, str]:
    lines = Path(f"/proc/{process.host_pid}/status").read_text().splitlines()
    return {line.split(":")[0]: " ".join(line.split(":")[1].split()) for line in lines}


def refused(lab, *words) -> None:
    """A run must fail with all these words, and the sandbox must not even have begun."""
    done = lab.run("echo", "ran")
    assert done.returncode != 0 and done.stdout == ""
    for word in words:
        assert word in done.stderr, done.stderr
    states = lab.containerd.inside("/run/swiftlet")
    assert not states.exists() or not list(states.iterdir())


def test_a_container_runs_as_ever(lab):
    configure(lab)
    assert lab.output("sh", "-c", "id -u; echo in") == "0\nin\n"
    with lab.running() as name:
        assert lab.exec(name, "echo", "more").stdout == "more\n"


def test_the_monitor_may_do_nothing(lab):
    configure(lab)
    with lab.running():
        monitor = lab.one("qemu-system")
        found = status(monitor)
        assert found["Uid"] == " ".join([str(USER)] * 4)
        assert found["Gid"] == " ".join([str(GROUP)] * 4)
        # Under emulation it needs no other group, and never root's.
        assert found["Groups"] == ""
        for name in ("CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb"):
            assert int(found[name], 16) == 0, name
        assert (found["NoNewPrivs"], found["Seccomp"]) == ("1", "2")
        # Nothing of the state folder is open, and it may not enter it.
        held = [os.readlink(entry) for entry in Path(f"/proc/{monitor.host_pid}/fd").iterdir()]
        assert not [path for path in held if path.startswith(("/run", "/etc", "/root", "/var"))], held
        limits = Path(f"/proc/{monitor.host_pid}/limits").read_text().splitlines()
        assert next(line for line in limits if line.startswith("Max core file size")).split()[4:6] == ["0", "0"]
        # The helpers are what they are without it.
        assert status(lab.containerd.named("virtiofsd")[-1])["Uid"].split()[0] == "0"


def test_it_dies_with_its_shim(lab):
    """A change of user erases the parent-death signal, if it comes after it."""
    configure(lab)
    with lab.running():
        assert status(lab.one("qemu-system"))["Uid"].split()[0] == str(USER)
        # Without containerd nobody runs `delete`, which would kill what is left.
        with lab.without_containerd():
            os.kill(lab.one("containerd-shim-swiftlet").host_pid, signal.SIGKILL)
            lab.wait_until(lambda: not lab.containerd.named("qemu-system"), "the monitor's end", 5)


@pytest.mark.parametrize("key, mode, verb", [("kernel", 0o600, "read"), ("initrd", 0o600, "read"), ("path", 0o700, "execute")])
def test_a_file_that_the_user_may_not_use(lab, key, mode, verb):
    file = lab.folder / key
    shutil.copyfile(configuration.BASE["hypervisor.qemu"][key], file)
    configure(lab, {"hypervisor.qemu": {key: str(file)}})
    file.chmod(mode)
    refused(lab, f"as user {USER} with group {GROUP}", f"it can't {verb} '{file}'", f"key '{key}'", "permission denied")
    # It is the right that was missing and nothing else, but for the monitor, which has its files beside it.
    if key != "path":
        file.chmod(0o644)
        assert lab.output("echo", "ran") == "ran\n"


def test_a_folder_that_the_user_may_not_enter(lab):
    folder = lab.folder / "private"
    folder.mkdir(mode=0o700)
    kernel = folder / "vmlinux"
    shutil.copyfile(configuration.BASE["hypervisor.qemu"]["kernel"], kernel)
    kernel.chmod(0o644)
    configure(lab, {"hypervisor.qemu": {"kernel": str(kernel)}})
    refused(lab, f"it can't read '{kernel}'", "enter every folder above it")


def test_a_group_without_a_user(lab):
    lab.configure({"security": {"vmm_group": GROUP}})
    refused(lab, "vmm_group", "vmm_user")
