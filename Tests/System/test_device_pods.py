"""Devices of a pod: its machine has them from the beginning, and its containers get those that they ask for."""

import pytest
from devices import GPU, OTHER_GPU, annotation
from lab.ttrpc import RemoteError
from pods import Pod

pytestmark = pytest.mark.vm

FAILED_PRECONDITION = 9
#: ends with 7 where the stand-in of a device is
LOOK = "for d in /sys/bus/pci/devices/*; do read x < $d/device; [ $x = 0x0005 ] && exit 7; done; exit 1"


def asking(lab, annotations: dict[str, str]) -> Pod:
    """A pod that asks for devices."""
    pod = Pod(lab, annotations=annotations)
    pod.asked = annotations
    return pod


def container(pod: Pod, name: str, *groups: int):
    """A container with the nodes of these groups, and with the pod's annotation, as pods are made."""
    node = {"type": "c", "major": 240, "fileMode": 0o600}
    devices = [node | {"path": f"/dev/vfio/{group}", "minor": group} for group in groups]
    process = {"args": ["sh", "-c", LOOK], "env": ["PATH=/bin"], "cwd": "/", "user": {"uid": 0, "gid": 0}}
    return pod.bundle_of(name, process=process, linux={"devices": devices}, annotations=pod.asked)


def run(pod: Pod, name: str, *groups: int) -> int:
    pod.create(name, container(pod, name, *groups))
    pod.call("Start", name)
    return pod.finish(name)


def refusal(pod: Pod, name: str, *groups: int) -> str:
    with pytest.raises(RemoteError) as error:
        pod.create(name, container(pod, name, *groups))
    assert error.value.code == FAILED_PRECONDITION, error.value
    return error.value.message


def test_containers_of_a_pod(device_lab):
    with asking(device_lab, annotation("0")) as pod:
        assert device_lab.host.driver(GPU) == "vfio-pci"
        assert run(pod, "first", 42) == 7
        assert run(pod, "again", 42) == 7
        count = len(device_lab.host.writes)
        # What the machine has and what the container asks for are both named.
        message = refusal(pod, "other", 43)
        assert "/dev/vfio/43" in message and GPU in message, message
        assert len(device_lab.host.writes) == count and device_lab.host.driver(OTHER_GPU) == "nvidia"
        assert run(pod, "last", 42) == 7
    assert device_lab.host.driver(GPU) == "nvidia"


def test_container_asks_for_what_its_pod_does_not_have(device_lab):
    with asking(device_lab, {}) as pod:
        assert "/dev/vfio/42" in refusal(pod, "late", 42)
        assert run(pod, "without") == 1
    assert device_lab.host.writes == []
