"""A lab whose host has PCI functions to give away: see fakehost.py. Real containerd, shim, QEMU and guest; only what
QEMU would open is emulated."""

import json
import shutil
from pathlib import Path

from fakehost import FakeHost
from fakepci import Function
from harness import Lab
from lab.configuration import BASE
from stubbed import STUBS

GPU, OTHER_GPU, PAIR, COMPANION = "0000:41:00.0", "0000:42:00.0", "0000:43:00.0", "0000:43:00.1"
#: a function that VFIO has already; one that shares its group with the host's disk; one that no driver takes
HELD, MATE, DISK, OWNERLESS = "0000:46:00.0", "0000:44:00.0", "0000:45:00.0", "0000:47:00.0"
BRIDGE = "0000:43:01.0"
FUNCTIONS = [
    Function(HELD, 46, bound_to="vfio-pci"),
    Function(MATE, 45, bound_to="vfio-pci"),
    Function(DISK, 45, driver="nvme", vendor=0x144D, device=0xA808, class_code=0x01_0802),
    Function(GPU, 42),
    Function(OTHER_GPU, 43),
    Function(PAIR, 44),
    Function(COMPANION, 44, driver="snd_hda_intel", device=0x22BC, class_code=0x04_0300),
    Function(BRIDGE, 44, driver="pcieport", vendor=0x8086, device=0x352A, class_code=0x06_0400),
    Function(OWNERLESS, 47, driver=None),
]
#: name of the CDI device → its node on the host
NODES = {
    "0": "/dev/vfio/42",
    "1": "/dev/vfio/43",
    "pair": "/dev/vfio/44",
    "mate": "/dev/vfio/devices/vfio1",
    "held": "/dev/vfio/devices/vfio0",
    "held-group": "/dev/vfio/46",
    "ownerless": "/dev/vfio/47",
}
KIND = "nvidia.com/pgpu"
#: what is in the place of the devices in the guest: vendor and device as sysfs has them
STAND_IN, STAND_IN_NUMBERS = "pci-testdev", "0x1b36 0x0005"


def annotation(*names: str, key: str = "cdi.k8s.io/vfio") -> dict[str, str]:
    return {key: ",".join(f"{KIND}={name}" for name in names)}


class DeviceLab(Lab):
    """The configuration lets devices in; the oracle of leaks looks at the fake host too."""

    def open(self) -> "DeviceLab":
        super().open()
        try:
            self.host = FakeHost()
            self.host.add(*FUNCTIONS)
            self.host.mount(self.containerd)
            folder = self.containerd.inside("/run/cdi")
            folder.mkdir()
            (folder / "gpu.json").write_text(json.dumps(cdi_file()))
        except BaseException:
            self.close()
            raise
        return self

    def begin(self, test: str) -> None:
        self.host.forget()
        super().begin(test)

    def configure(self, changes: dict[str, dict] | None = None, text: str | None = None) -> Path:
        tables = {table: dict(keys) for table, keys in (changes or {}).items()}
        qemu = tables.setdefault("hypervisor.qemu", {})
        self.precede(qemu.get("path", BASE["hypervisor.qemu"]["path"]))
        tables["hypervisor.qemu"] = {"cold_plug_vfio": "root-port"} | qemu | {"path": str(self.monitor)}
        return super().configure(tables, text)

    @property
    def monitor(self) -> Path:
        """What the configuration names in the place of QEMU."""
        return self.containerd.folder / "vfio-vmm"

    def precede(self, program: str) -> None:
        """What the stand-in for QEMU becomes."""
        if not self.monitor.exists():
            self.monitor.symlink_to(STUBS / "vfio-vmm")
        Path(f"{self.monitor}.json").write_text(json.dumps({"program": program, "device": STAND_IN}))
        # The monitor may be a process of another user.
        record = Path(f"{self.monitor}.devices")
        record.write_text("")
        record.chmod(0o666)

    def plugged(self) -> list[dict]:
        """The host devices that the machines of this configuration were started with."""
        return [json.loads(line) for line in Path(f"{self.monitor}.devices").read_text().splitlines()]

    def scrub(self) -> None:
        self.host.forget()
        super().scrub()
        self.host.devices.restore()
        # The locks of groups and the journals of who is no more.
        for path in self.containerd.inside("/run/swiftlet").glob("*"):
            shutil.rmtree(path)

    def finish(self) -> str:
        found = super().finish()
        self.host.forget()
        return found


def cdi_file() -> dict:
    """Whole descriptions, since a group has no node before a driver of VFIO's has it."""
    nodes = {
        name: {"path": path, "type": "c", "major": 240, "minor": 1 + number, "permissions": "rw"}
        for number, (name, path) in enumerate(NODES.items())
    }
    devices = [{"name": name, "containerEdits": {"deviceNodes": [node]}} for name, node in nodes.items()]
    return {"cdiVersion": "0.6.0", "kind": KIND, "devices": devices}
