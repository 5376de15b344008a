"""PCI functions of a host that is not there, as a tree of nodes that is laid out as sysfs lays it out; drivers bring
VFIO's groups and device nodes, and take them away."""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass

from lab.fuse import Node, character_device, file, folder, link

#: host devices that anybody may open without an effect: what stands behind the nodes of VFIO
HARMLESS = (
    *("full", "random", "urandom", "fuse", "loop-control", "cpu_dma_latency", "vga_arbiter", "net/tun", "autofs"),
    *("btrfs-control", "userfaultfd", "mapper/control", "udmabuf", "rfkill", "uinput", "uhid"),
)
#: behind the nodes that are no devices, and behind all others when there are not enough: sysfs does not tell its name
ZERO = (1, 5)
PCI = "sys/bus/pci"


@dataclass(frozen=True)
class Function:
    """A PCI function to put on the fake host."""

    address: str
    group: int | None
    #: the driver that matches it, and has it at first unless `bound_to` says another
    driver: str | None = "nvidia"
    bound_to: str | None = None
    override: str | None = None
    vendor: int = 0x10DE
    device: int = 0x2330
    class_code: int = 0x03_0200
    resource: str = "0x0000000000000000 0x0000000000000000 0x0000000000000000"

    @property
    def path(self) -> str:
        return f"sys/devices/pci{self.address.rpartition(':')[0]}/{self.address}"


def is_vfio(driver: str) -> bool:
    return driver == "vfio-pci" or driver.endswith(("_vfio_pci", "-vfio-pci"))


class Devices:
    """The tree. `lock` is held while it changes; `written` is what a write to an attribute does: it takes the attribute's
    folder (an address, a driver or `pci`) and name, the bytes and the writer's thread. `read` is called before a
    function's `driver_override` is read."""

    def __init__(
        self,
        root: Node,
        lock: threading.RLock,
        written: Callable[[str, str, bytes, int], None],
        read: Callable[[str], None],
    ):
        self.root, self.lock, self._written, self._read = root, lock, written, read
        self.functions: dict[str, Function] = {}
        self.spare: list[tuple[int, int]] = []
        for name in HARMLESS:
            try:
                os.close(os.open(f"/dev/{name}", os.O_RDWR | os.O_NONBLOCK))
            except OSError:
                continue  # not of this kernel
            number = os.stat(f"/dev/{name}").st_rdev
            self.spare.append((os.major(number), os.minor(number)))
        #: of all devices that stand behind nodes of VFIO, now or later
        self.numbers = frozenset([ZERO, *self.spare])
        self.put(f"{PCI}/devices", folder())
        self.put(f"{PCI}/drivers_probe", self._attribute("pci", "drivers_probe"))
        self.put("sys/kernel/iommu_groups", folder())
        self.put("sys/class/vfio-dev", folder())
        self.put("dev/vfio/devices", folder())
        for control in ("dev/vfio/vfio", "dev/iommu"):
            self.put(control, character_device(ZERO))
        self.add_driver("vfio-pci")

    # The tree, by paths without a slash at the front

    def find(self, path: str) -> Node | None:
        node = self.root
        for part in path.split("/"):
            node = node.children.get(part) if node else None
        return node

    def put(self, path: str, node: Node) -> None:
        *parents, name = path.split("/")
        at = self.root
        for part in parents:
            at = at.children.setdefault(part, folder())
        at.children[name] = node

    def link(self, path: str, target: str) -> None:
        """A link, relative as those of sysfs are."""
        self.put(path, link(os.path.relpath(target, os.path.dirname(path))))

    def remove(self, path: str) -> None:
        parent, _, name = path.rpartition("/")
        if at := self.find(parent):
            at.children.pop(name, None)

    def names(self, path: str) -> list[str]:
        node = self.find(path)
        return sorted(node.children) if node else []

    def _attribute(self, owner: str, name: str, content: str = "") -> Node:
        return file(content, lambda data, thread: self._written(owner, name, data, thread))

    # What there is

    def add_driver(self, name: str) -> None:
        for attribute in ("bind", "unbind", "new_id"):
            self.put(f"{PCI}/drivers/{name}/{attribute}", self._attribute(name, attribute))

    def add(self, function: Function) -> None:
        with self.lock:
            path, address = function.path, function.address
            self.functions[address] = function
            attributes = {
                "vendor": f"{function.vendor:#06x}",
                "device": f"{function.device:#06x}",
                "class": f"{function.class_code:#08x}",
                "numa_node": "-1",
                "resource": function.resource,
                "reset_method": "flr bus",
            }
            for name, text in attributes.items():
                self.put(f"{path}/{name}", file(f"{text}\n"))
            self.put(f"{path}/config", file(bytes(4096)))
            override = self._attribute(address, "driver_override", f"{function.override or '(null)'}\n")
            override.on_read = lambda: self._read(address)
            self.put(f"{path}/driver_override", override)
            self.link(f"{PCI}/devices/{address}", path)
            if function.group is not None:
                group = f"sys/kernel/iommu_groups/{function.group}"
                self.put(f"{group}/type", file("DMA\n"))
                self.link(f"{path}/iommu_group", group)
                self.link(f"{group}/devices/{address}", path)
            for driver in filter(None, (function.driver, function.bound_to)):
                if not self.find(f"{PCI}/drivers/{driver}"):
                    self.add_driver(driver)
            if driver := function.bound_to or function.driver:
                self.attach(function, driver)

    def restore(self) -> None:
        """Everything as it was added, whoever has it."""
        for function in self.functions.values():
            wanted, driver = function.bound_to or function.driver, self.driver(function.address)
            self.set_override(function.address, function.override or "")
            if driver and driver != wanted:
                self.detach(function, driver)
            if wanted and driver != wanted:
                self.attach(function, wanted)

    def driver(self, address: str) -> str | None:
        """The driver that has a function now."""
        node = self.find(f"{self.functions[address].path}/driver")
        return os.path.basename(node.target) if node else None

    def override(self, address: str) -> str:
        """The text of `driver_override`, as it is read."""
        return self.find(f"{self.functions[address].path}/driver_override").content.decode()

    def set_override(self, address: str, driver: str) -> None:
        with self.lock:
            node = self.find(f"{self.functions[address].path}/driver_override")
            node.content = f"{driver or '(null)'}\n".encode()

    def nodes(self, function: Function) -> list[Node]:
        """The nodes by which a function is used, as long as a VFIO driver has it."""
        names = [f"dev/vfio/{function.group}"]
        names += [f"dev/vfio/devices/{name}" for name in self.names(f"{function.path}/vfio-dev")]
        return [node for node in map(self.find, names) if node]

    # Drivers and what they make

    def attach(self, function: Function, driver: str) -> None:
        with self.lock:
            path, address = function.path, function.address
            self.link(f"{path}/driver", f"{PCI}/drivers/{driver}")
            self.link(f"{PCI}/drivers/{driver}/{address}", path)
            if not is_vfio(driver):
                return
            if not self.find(f"dev/vfio/{function.group}"):
                self._make_node(f"vfio/{function.group}", f"sys/devices/virtual-vfio/{function.group}")
            if self.find("sys/class/vfio-dev"):
                taken = self.names("sys/class/vfio-dev")
                name = next(n for n in (f"vfio{i}" for i in range(len(taken) + 1)) if n not in taken)
                self.link(f"sys/class/vfio-dev/{name}", f"{path}/vfio-dev/{name}")
                self._make_node(f"vfio/devices/{name}", f"{path}/vfio-dev/{name}")

    def detach(self, function: Function, driver: str) -> None:
        with self.lock:
            path, address = function.path, function.address
            self.remove(f"{PCI}/drivers/{driver}/{address}")
            self.remove(f"{path}/driver")
            if not is_vfio(driver):
                return
            for name in self.names(f"{path}/vfio-dev"):
                self.remove(f"sys/class/vfio-dev/{name}")
                self._remove_node(f"vfio/devices/{name}", f"{path}/vfio-dev/{name}")
            self.remove(f"{path}/vfio-dev")
            others = [f for f in self.functions.values() if f.group == function.group]
            if not any(is_vfio(self.driver(other.address) or "") for other in others):
                self._remove_node(f"vfio/{function.group}", f"sys/devices/virtual-vfio/{function.group}")

    def _make_node(self, name: str, place: str) -> None:
        """A node of `/dev`, its folder in sysfs, and the link by its number."""
        number = self.spare.pop(0) if self.spare else ZERO
        self.put(f"dev/{name}", character_device(number))
        text = "{}:{}".format(*number)
        self.put(f"{place}/dev", file(f"{text}\n"))
        self.put(f"{place}/uevent", file("MAJOR={}\nMINOR={}\nDEVNAME={}\n".format(*number, name)))
        if number != ZERO:
            self.link(f"sys/dev/char/{text}", place)

    def _remove_node(self, name: str, place: str) -> None:
        if node := self.find(f"dev/{name}"):
            self.remove(f"dev/{name}")
            self.remove("sys/dev/char/{}:{}".format(*node.number))
            self.remove(place)
            self.spare = sorted({*self.spare, node.number} - {ZERO})
