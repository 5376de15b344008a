"""Devices of the host in a real guest: taken at Create, seen in the guest where they were planned, given back."""

import os
import re
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
from devices import BRIDGE, COMPANION, GPU, HELD, KIND, OTHER_GPU, PAIR, STAND_IN_NUMBERS
from lab.paths import ROOT

pytestmark = pytest.mark.vm

MIB, CAP_IPC_LOCK = 1 << 20, 14
#: address, numbers and whole path of each PCI function of the guest
LIST = (
    "for d in /sys/bus/pci/devices/*; do echo ${d##*/} $(cat $d/vendor) $(cat $d/device) $(readlink -f $d); done; "
    "echo end; sleep 1000"
)


def flags(*names: str) -> list[str]:
    return ["--annotation", "cdi.k8s.io/vfio=" + ",".join(f"{KIND}={name}" for name in names)]


@contextmanager
def pod(lab, *words: str):
    """A container with these flags; gives what it sees of the stand-ins: the guest's path of each, by its address."""
    name = lab.name()
    process = lab.spawn("sh", "-c", LIST, name=name, flags=words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        seen = {}
        while (line := process.stdout.readline()) not in ("end\n", ""):
            address, vendor, device, path = line.split()
            if f"{vendor} {device}" == STAND_IN_NUMBERS:
                seen[address] = path
        assert line, process.communicate(timeout=30)[1]
        assert seen, "the guest has none of the devices"
        yield name, seen, process
    finally:
        # `ctr run --rm` removes it; what is left of one that could not is removed then.
        lab.kill(name, "SIGKILL")
        process.communicate(timeout=30)
        lab.containerd.ctr("container", "rm", name, check=False)


def expected(plugged: dict) -> str:
    """The end of a device's path in the guest, by its port and its own place."""
    slot, _, function = plugged["addr"].partition(".")
    return f"/0000:00:{int(plugged['port'], 16):02x}.0/*:{int(slot, 16):02x}.{function or 0}"


def assert_places(lab, seen: dict[str, str]) -> None:
    ends = sorted("/{}/*:{}".format(path.split("/")[-2], path.rpartition(":")[2]) for path in seen.values())
    assert ends == sorted(map(expected, lab.plugged()))


def may_lock(lab, size: int) -> bool:
    """Whether the monitor may lock so many bytes: VFIO maps all of the guest's memory."""
    process = Path(f"/proc/{lab.one('qemu-system').host_pid}")
    limit = re.search(r"Max locked memory +(\w+)", (process / "limits").read_text())[1]
    capabilities = int(re.search(r"CapEff:\t(\w+)", (process / "status").read_text())[1], 16)
    return limit == "unlimited" or int(limit) >= size or bool(capabilities & 1 << CAP_IPC_LOCK)


def writes(lab) -> list[tuple[str, str, str]]:
    return [(write.owner, write.attribute, write.text) for write in lab.host.writes]


def taken(address: str, driver: str) -> list[tuple[str, str, str]]:
    return [(address, "driver_override", "vfio-pci"), (driver, "unbind", address), ("pci", "drivers_probe", address)]


def given_back(address: str) -> list[tuple[str, str, str]]:
    return [(address, "driver_override", "\n"), ("vfio-pci", "unbind", address), ("pci", "drivers_probe", address)]


def test_gpu_by_annotation(device_lab):
    with pod(device_lab, *flags("0")) as (_, seen, _):
        assert device_lab.host.driver(GPU) == "vfio-pci"
        assert_places(device_lab, seen)
        (plugged,) = device_lab.plugged()
        assert plugged["host"] == GPU and len(seen) == 1
        assert device_lab.host.kernel.users(device_lab.host.devices.functions[GPU])
        assert may_lock(device_lab, 512 * MIB + 1024 * MIB)
    assert writes(device_lab) == taken(GPU, "nvidia") + given_back(GPU)
    assert device_lab.host.driver(GPU) == "nvidia" and device_lab.host.devices.override(GPU) == "(null)\n"


def test_two_slots_one_with_two_functions(device_lab):
    with pod(device_lab, *flags("1", "pair")) as (_, seen, _):
        assert len(seen) == 3
        assert_places(device_lab, seen)
        assert [device["host"] for device in device_lab.plugged()] == [OTHER_GPU, PAIR, COMPANION]
        assert device_lab.host.driver(BRIDGE) == "pcieport"
    # What was taken last comes back first.
    expected = [*taken(OTHER_GPU, "nvidia"), *taken(PAIR, "nvidia"), *taken(COMPANION, "snd_hda_intel")]
    assert writes(device_lab) == expected + given_back(COMPANION) + given_back(PAIR) + given_back(OTHER_GPU)


def test_ports_of_a_switch(device_lab):
    """The agent finds them at the places that were planned, or the container would not run."""
    device_lab.configure({"hypervisor.qemu": {"cold_plug_vfio": "switch-port"}})
    with pod(device_lab, *flags("0", "pair")) as (_, seen, _):
        assert len(seen) == 3
        # Root port, upstream port, downstream port, device.
        assert [len(path.split("pci0000:00/")[1].split("/")) for path in seen.values()] == [4, 4, 4]


def test_device_of_the_spec_that_vfio_has_already(device_lab):
    with pod(device_lab, "--device", "/dev/vfio/46") as (_, seen, _):
        assert len(seen) == 1
        assert device_lab.plugged()[0]["host"] == HELD
    assert writes(device_lab) == [] and device_lab.host.driver(HELD) == "vfio-pci"


def test_containers_that_drive_their_device(device_lab):
    """S1-9: behind the guest's own IOMMU, the container has the node of the guest's group."""
    guest = device_lab.folder / "guest"
    subprocess.run([ROOT / "scripts/guest/build", "--vfio", "--output", guest], check=True, capture_output=True)
    qemu = {"initrd": str(guest / "initrd"), "enable_iommu": True}
    device_lab.configure({"hypervisor.qemu": qemu, "runtime": {"vfio_mode": "vfio"}})
    look = "ls -l /dev/vfio; for d in /sys/bus/pci/drivers/vfio-pci/0*; do cat $d/device; done; ls $d/iommu_group/devices"
    output = device_lab.output("sh", "-c", look, flags=flags("0"))
    (plugged,) = device_lab.plugged()
    print(plugged, output)
    group = re.findall(r"^c.* (\d+)$", output, re.MULTILINE)
    assert len(group) == 1 and STAND_IN_NUMBERS.split()[1] in output
    assert writes(device_lab) == taken(GPU, "nvidia") + given_back(GPU)


def test_monitor_of_an_unprivileged_user_is_passed_descriptors(device_lab):
    """S0-6."""
    device_lab.configure({"security": {"vmm_user": 65534}})
    with pod(device_lab, *flags("0")) as (_, seen, _):
        (plugged,) = device_lab.plugged()
        assert "fd" in plugged and plugged["opened"] == [] and len(seen) == 1
        monitor = device_lab.one("qemu-system").host_pid
        assert device_lab.host.kernel.users(device_lab.host.devices.functions[GPU]) == [f"process {monitor}"]
        status = Path(f"/proc/{monitor}/status").read_text()
        assert re.search(r"Uid:\t65534\t65534\t65534\t65534\n", status)
        assert int(re.search(r"CapEff:\t(\w+)", status)[1], 16) & ~(1 << CAP_IPC_LOCK) == 0
        assert may_lock(device_lab, 512 * MIB + 1024 * MIB)


def test_monitor_killed(device_lab):
    with pod(device_lab, *flags("0", "pair")) as (_, _, process):
        os.kill(device_lab.one("qemu-system").host_pid, signal.SIGKILL)
        assert process.wait(30) == 137
        device_lab.wait_until(lambda: device_lab.host.driver(GPU) == "nvidia", "the GPU is back", 30)


def test_shim_killed(device_lab):
    with pod(device_lab, *flags("0", "pair")) as (_, _, process):
        os.kill(device_lab.one("containerd-shim-swiftlet").host_pid, signal.SIGKILL)
        # containerd runs `delete`.
        device_lab.wait_until(lambda: device_lab.host.driver(GPU) == "nvidia", "the GPU is back", 30)
        process.wait(30)
