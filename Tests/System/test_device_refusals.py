"""Devices that a sandbox does not get: the reason is said, and the host is as it was before anybody cleans up."""

import errno

import pytest
from devicelives import Lives
from devices import DISK, GPU, KIND, OTHER_GPU, annotation
from fakehost import Fault

pytestmark = pytest.mark.vm


@pytest.fixture
def lives(device_lab):
    return Lives(device_lab, "0")


def configure(lives, **qemu) -> None:
    lives.stubbed.configure(**{"hypervisor.qemu": qemu})


def test_without_port(lives):
    configure(lives, cold_plug_vfio="no-port")
    message = lives.refused()
    assert "cold_plug_vfio" in message and "cdi.k8s.io/vfio" in message
    assert lives.host.writes == []


@pytest.mark.parametrize(
    "names, words",
    [
        (("0", "no-such"), [f"{KIND}=no-such", "/var/run/cdi"]),
        (("mate",), [DISK, "nvme", "group 45"]),
    ],
    ids=lambda value: value[-1],
)
def test_refused_without_a_write(lives, names, words):
    message = lives.refused(*names)
    assert not [word for word in words if word not in message], message
    assert lives.host.writes == []


def test_malformed_name(lives):
    message = lives.refused(annotations={"cdi.k8s.io/vfio": "pgpu=0"})
    assert "cdi.k8s.io/vfio" in message and "pgpu=0" in message
    assert lives.host.writes == []


def test_driver_that_does_not_take_it(lives):
    lives.host.kernel.refusing.add("vfio-pci")
    assert "vfio-pci" in lives.refused()
    assert lives.host.driver(GPU) == "nvidia"


def test_driver_that_does_not_let_go(lives):
    """The second of two: the first is given back too."""
    lives.host.faults = {5: Fault(error=errno.EBUSY)}
    message = lives.refused("0", "1")
    assert OTHER_GPU in message and "unbind" in message


def test_monitor_that_does_not_start(lives):
    lives.stubbed.behave(vmm={"exit": 0, "says": "stub-vmm: no\n", "status": 3})
    assert "can't boot" in lives.refused()
    assert len(lives.host.writes) == 6


def test_group_of_another_sandbox(lives):
    first = lives.shim()
    client = first.begin()
    first.create_and_start(client)
    count = len(lives.host.writes)
    second = lives.shim()
    stage, message = lives.live(second)
    assert stage == "Create" and "iommu group 42" in message, message
    assert len(lives.host.writes) == count and lives.host.driver(GPU) == "vfio-pci"
    assert not second.abandon()
    first.end(client)
    first.shutdown(client)
    client.close()
    assert first.gone_within(10)
    lives.live_well(lives.shim())
    assert not first.delete_twice()


def test_device_that_is_asked_for_twice(lives):
    node = {"path": "/dev/vfio/42", "type": "c", "major": 240, "minor": 1}
    linux = {"namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")], "devices": [node]}
    both = annotation("0", key="cdi.k8s.io/a") | annotation("0", key="cdi.k8s.io/b")
    shim = lives.stubbed.shim(annotations=both, linux=linux)
    lives.live_well(shim)
    assert [device["host"] for device in lives.lab.plugged()] == [GPU]


@pytest.mark.parametrize("use, opened", [("off", "/dev/vfio/42"), ("on", "/dev/vfio/devices/vfio2")])
def test_group_or_iommufd(lives, use, opened):
    configure(lives, iommufd=use)
    shim = lives.shim()
    lives.live_well(shim)
    assert lives.lab.plugged()[0]["opened"][1] == opened


def test_function_without_a_driver(lives):
    shim = lives.shim("ownerless")
    lives.live_well(shim)
    assert [write.attribute for write in lives.host.writes][:2] == ["driver_override", "drivers_probe"]
