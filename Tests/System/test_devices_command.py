"""`swiftlet devices` on a host that is laid out in a folder: what it shows, what it would write, and wrong calls."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lab.paths import BIN

pytestmark = pytest.mark.vm

GPU, SOUND, PORT, NIC, FREE = "0000:65:00.0", "0000:65:00.1", "0000:64:01.0", "0000:84:00.0", "0000:a1:00.0"
KEY = "0123456789abcdef0123456789abcdef"


def devices(*arguments, **options):
    return subprocess.run([str(BIN / "swiftlet"), "devices", *map(str, arguments)], capture_output=True, text=True, timeout=60, **options)


class Host:
    """A host's /sys, /dev, /proc and /run, as far as devices go."""

    def __init__(self, root: Path):
        self.root = root
        self.write("proc/self/mountinfo", "")
        self.write("dev/vfio/vfio", "")
        self.driver("vfio-pci")
        self.write("usr/share/misc/pci.ids", "10de  NVIDIA Corporation\n\t2330  GH100 [H100]\nC 03  Display controller\n\t02  3D controller\n")
        self.function(PORT, "8086", "352a", "060400", "pcieport", 7)
        self.function(GPU, "10de", "2330", "030200", "nvidia", 7)
        self.function(SOUND, "10de", "22ba", "040300", "snd_hda_intel", 7)
        self.function(NIC, "15b3", "101e", "020000", "mlx5_core", 8)
        self.link(f"sys/bus/pci/devices/{NIC}/net/ens1", "sys/class/net/ens1")
        self.write("sys/class/net/ens1/flags", "0x1003")
        self.function(FREE, "1af4", "1041", "020000", None, None)

    def write(self, path: str, text: str):
        path = self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n" if text else "")

    def link(self, path: str, target: str):
        path = self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(os.path.relpath(self.root / target, path.parent.resolve()))

    def driver(self, name: str):
        self.write(f"sys/bus/pci/drivers/{name}/unbind", "")

    def function(self, address, vendor, device, kind, driver, group):
        real = f"sys/devices/pci{address[:7]}/{address}"
        for name, text in {"vendor": f"0x{vendor}", "device": f"0x{device}", "class": f"0x{kind}", "driver_override": "(null)", "numa_node": "-1"}.items():
            self.write(f"{real}/{name}", text)
        self.link(f"sys/bus/pci/devices/{address}", real)
        if driver:
            self.driver(driver)
            self.link(f"{real}/driver", f"sys/bus/pci/drivers/{driver}")
        if group is not None:
            self.write(f"sys/kernel/iommu_groups/{group}/type", "DMA")
            self.link(f"sys/kernel/iommu_groups/{group}/devices/{address}", real)
            self.link(f"{real}/iommu_group", f"sys/kernel/iommu_groups/{group}")

    def rebind(self, address: str, driver: str):
        """As if somebody had bound it there by an override."""
        folder = (self.root / f"sys/bus/pci/devices/{address}").resolve()
        (folder / "driver").unlink(missing_ok=True)
        self.driver(driver)
        self.link(str((folder / "driver").relative_to(self.root)), f"sys/bus/pci/drivers/{driver}")
        (folder / "driver_override").write_text(f"{driver}\n")

    def snapshot(self) -> dict:
        found = {}
        for path in sorted(self.root.rglob("*")):
            if path.is_symlink():
                found[str(path)] = os.readlink(path)
            elif path.is_file():
                found[str(path)] = path.read_bytes()
        return found


@pytest.fixture
def host(tmp_path):
    """The host; whatever a test does with it, the command must only have looked."""
    yield Host(tmp_path / "host")
    shutil.rmtree(tmp_path / "host")


def objects(done):
    report = json.loads(done.stdout)
    return report, {function["address"]: function for group in report["groups"] for function in group["functions"]}


def test_list_as_a_tree(host):
    before = host.snapshot()
    done = devices("list", "--root", host.root)
    assert done.returncode == 0 and done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0] == "VFIO works here, by group."
    assert f"├─ {GPU}  3D controller: NVIDIA Corporation GH100 [H100] [10de:2330]" in lines
    assert f"│    passable: yes, with {SOUND}" in lines
    assert any(line.endswith("passable: no: network interface 'ens1' is up") for line in lines)
    assert any(line.startswith("No IOMMU group: ") for line in lines)
    assert f"└─ {FREE}  class 0200: vendor 1af4 device 1041 [1af4:1041]" in lines
    assert max(map(len, lines)) <= 110
    assert host.snapshot() == before


def test_list_as_an_object(host):
    host.write("run/swiftlet/vfio/group-8.lock", "")
    (host.root / "run/swiftlet/vfio/group-8.lock").write_text(KEY)
    before = host.snapshot()
    done = devices("list", "--root", host.root, "--format", "json")
    assert done.returncode == 0 and done.stderr == ""
    report, functions = objects(done)
    assert set(report) == {"version", "access", "obstacle", "namesFile", "groups", "ungrouped", "mediated", "usb", "notes"}
    assert report["version"] == 1 and report["access"] == "group" and report["obstacle"] is None
    assert report["namesFile"] == str(host.root / "usr/share/misc/pci.ids")
    assert [group["number"] for group in report["groups"]] == [7, 8]
    assert report["groups"][1]["owner"] == {"key": KEY, "sandbox": None, "namespace": None, "containerd": None}
    assert set(report["groups"][0]) == {"number", "type", "owner", "passable", "reasons", "functions", "mediated", "others"}
    gpu = functions[GPU]
    assert gpu["vendor"] == {"id": "0x10de", "name": "NVIDIA Corporation"}
    assert gpu["class"] == {"id": "0x0302", "name": "3D controller"}
    assert gpu["passable"] and gpu["reasons"] == [] and gpu["companions"] == [SOUND] and gpu["driver"] == "nvidia"
    assert functions[PORT]["bridge"] and not functions[PORT]["passable"]
    assert functions[NIC]["reasons"] == ["network interface 'ens1' is up", f"sandbox '{KEY}' has iommu group 8"]
    assert [function["address"] for function in report["ungrouped"]] == [FREE]
    assert host.snapshot() == before


def test_list_of_an_empty_host(tmp_path):
    done = devices("list", "--root", tmp_path, "--format", "json")
    assert done.returncode == 0
    report = json.loads(done.stdout)
    assert report["groups"] == [] and "modprobe vfio-pci" in report["obstacle"]


def test_list_in_a_folder_that_is_relative(host):
    done = devices("list", "--root", "host", cwd=host.root.parent)
    assert done.returncode == 0 and GPU in done.stdout


def test_bind_says_what_it_would_write(host):
    before = host.snapshot()
    done = devices("bind", "--root", host.root, "--dry-run", "65:00.0")
    assert done.returncode == 0 and done.stderr == "", done.stderr
    sys = host.root / "sys/bus/pci"
    writes = [line for line in done.stdout.splitlines() if line.startswith("echo")]
    expected = []
    for address, driver in ((GPU, "nvidia"), (SOUND, "snd_hda_intel")):
        expected += [
            f"echo vfio-pci > {sys}/devices/{address}/driver_override",
            f"echo {address} > {sys}/drivers/{driver}/unbind",
            f"echo {address} > {sys}/drivers_probe",
        ]
    assert writes == expected
    assert devices("bind", "--root", host.root, "--dry-run", "--group", 7).stdout.splitlines() == expected
    assert host.snapshot() == before


@pytest.mark.parametrize(
    "arguments, words",
    [
        ([NIC], "network interface 'ens1' is up"),
        ([PORT], "it is a bridge"),
        ([FREE], "it is in no iommu group"),
        (["0000:99:00.0"], "can't find pci function 0000:99:00.0"),
        (["--group", "77"], "can't find iommu group 77"),
    ],
)
def test_bind_refuses_what_a_pod_would_not_get(host, arguments, words):
    before = host.snapshot()
    done = devices("bind", "--root", host.root, "--dry-run", *arguments)
    assert done.returncode == 1 and done.stdout == "" and words in done.stderr
    assert host.snapshot() == before


def test_restore_names_orphans(host):
    host.rebind(NIC, "vfio-pci")
    before = host.snapshot()
    done = devices("restore", "--root", host.root, "--dry-run")
    assert done.returncode == 1 and f"{NIC} is an orphan" in done.stdout
    done = devices("restore", "--root", host.root, "--dry-run", NIC)
    sys = host.root / "sys/bus/pci"
    assert done.returncode == 0 and done.stdout.splitlines() == [
        f"echo {NIC} > {sys}/drivers/vfio-pci/unbind",
        f"echo > {sys}/devices/{NIC}/driver_override",
        f"echo {NIC} > {sys}/drivers_probe",
    ]
    assert devices("restore", "--root", host.root, "--dry-run", GPU).stdout == f"{GPU} needs nothing: 'nvidia' has it\n"
    assert host.snapshot() == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["bind"],
        ["bind", "--dry-run"],
        ["bind", "0000:65:00"],
        ["bind", "0000:65:00.8"],
        ["bind", "../../etc"],
        ["bind", "--group", "x"],
        ["bind", "--group", "-1"],
        ["list", "more"],
        ["list", "--format", "yaml"],
        ["restore", "--orphans", "0000:65:00.0"],
        ["restore", "--wrong"],
        ["wrong"],
    ],
)
def test_wrong_call(arguments):
    done = devices(*arguments)
    assert done.returncode == 2 and done.stdout == "" and "Usage:" in done.stderr


@pytest.mark.parametrize("arguments", [["bind", GPU], ["restore"]])
def test_only_root_writes(arguments):
    done = devices(*arguments, user=65534, group=65534, extra_groups=[])
    assert done.returncode == 1 and done.stdout == "" and "run this as root, or add --dry-run" in done.stderr


def test_help():
    done = devices("--help")
    assert done.returncode == 0 and all(word in done.stdout for word in ("list", "bind", "restore"))
    done = devices("restore", "--help")
    assert done.returncode == 0 and "Exits with 0" in done.stdout
