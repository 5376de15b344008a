"""`swiftlet devices` on a host with devices: what it shows, binds ahead of time and gives back, and when it is killed."""

import json

import pytest
from devicelives import Lives
from devices import DISK, GPU, HELD, OTHER_GPU
from fakehost import Fault

pytestmark = pytest.mark.vm


@pytest.fixture
def lives(device_lab):
    return Lives(device_lab, "0")


def devices(lives, *words: str):
    return lives.lab.containerd.execute("swiftlet", "devices", *words, check=False)


def functions(lives) -> dict[str, dict]:
    """What `list` says of each function, with its group's owner."""
    report = json.loads(devices(lives, "list", "--format", "json").stdout)
    return {f["address"]: f | {"owner": group["owner"]} for group in report["groups"] for f in group["functions"]}


def test_list(lives):
    found = functions(lives)
    assert {address: found[address]["driver"] for address in (GPU, HELD, DISK)} == {
        GPU: "nvidia",
        HELD: "vfio-pci",
        DISK: "nvme",
    }
    assert found[GPU]["passable"] and found[HELD]["passable"]
    assert lives.host.writes == []
    shim = lives.shim()
    client = shim.begin()
    shim.create_and_start(client)
    found = functions(lives)
    assert found[GPU]["owner"]["sandbox"] == shim.identifier and not found[GPU]["passable"]
    assert found[OTHER_GPU]["owner"] is None and found[OTHER_GPU]["passable"]
    # Nothing of a sandbox that runs is given back.
    count = len(lives.host.writes)
    devices(lives, "restore")
    assert len(lives.host.writes) == count
    shim.end(client)
    shim.shutdown(client)
    client.close()
    assert not shim.delete_twice()


def test_bound_ahead_of_time(lives):
    done = devices(lives, "bind", GPU)
    assert done.returncode == 0, done.stderr
    assert lives.host.driver(GPU) == "vfio-pci" and functions(lives)[GPU]["prebound"]
    count = len(lives.host.writes)
    lives.live_well(lives.shim())
    assert len(lives.host.writes) == count
    assert devices(lives, "restore", "--all").returncode == 0
    assert lives.host.driver(GPU) == "nvidia"


def test_restore_replays_the_journal_of_a_shim_that_was_killed(lives):
    shim = lives.orphan()
    lives.lab.wait_until(lambda: not lives.lab.containerd.named("stub-"), "the end of the stubs", 10)
    done = devices(lives, "restore")
    assert done.returncode == 0, done.stdout + done.stderr
    assert lives.host.driver(GPU) == "nvidia"
    count = len(lives.host.writes)
    assert not shim.delete_twice()
    assert len(lives.host.writes) == count


def test_orphan(lives):
    for text, path in (("vfio-pci", f"devices/{GPU}/driver_override"), (GPU, "drivers/nvidia/unbind"), (GPU, "drivers_probe")):
        lives.lab.containerd.execute("sh", "-c", f"echo {text} > /sys/bus/pci/{path}")
    done = devices(lives, "restore")
    assert done.returncode == 1 and GPU in done.stdout + done.stderr
    assert lives.host.driver(GPU) == "vfio-pci"
    assert devices(lives, "restore", "--orphans").returncode == 0


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_at_every_write(lives, moment):
    """`bind` is killed, then `restore` of what it has bound too; run again each finishes."""
    problems = []
    for verb, words in (("bind", [GPU]), ("restore", ["--all"])):
        for number in (1, 2, 3):
            if verb == "restore":
                devices(lives, "bind", GPU)
            lives.host.forget()
            lives.host.faults = {number: Fault(kill=moment)}
            killed = devices(lives, verb, *words)
            if killed.returncode == 0 or len(lives.host.writes) != number:
                problems.append(f"`{verb}` was not killed {moment} write {number}")
            lives.host.forget()
            done = devices(lives, "restore", "--all")
            if done.returncode != 0:
                problems.append(f"`restore` after {verb}, write {number}: {done.stdout}{done.stderr}")
            if left := lives.left():
                problems.append(f"{verb} killed {moment} write {number}: left\n{left}")
                lives.lab.scrub()
    assert not problems, "\n".join(problems)
