"""What the kernel does when drivers are bound: `driver_override`, `unbind`, `bind`, `new_id` and `drivers_probe`, with
its locks and error numbers."""

import errno
import os
import stat
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass

from fakepci import PCI, Devices, Function, is_vfio
from lab.fuse import Filesystem, folder


@dataclass
class Write:
    """One write to an attribute."""

    number: int
    #: the attribute's folder (an address, a driver or `pci`) and its name
    owner: str
    attribute: str
    text: str
    #: the writer's thread, as the host counts
    thread: int
    error: int = 0

    def __str__(self) -> str:
        failed = f" fails with {errno.errorcode[self.error]}" if self.error else ""
        return f"{self.number}: {self.text!r} to {self.owner}/{self.attribute}{failed}"


class Kernel:
    """The tree that is served, and what happens to it. `before` and `after` are called around the effect of a write,
    while its function is locked; an OSError of theirs is the writer's."""

    def __init__(self):
        root = folder()
        self.filesystem = Filesystem(root)
        self.devices = Devices(root, self.filesystem.lock, self._written, self._reads_override)
        self.before: Callable[[Write], None] = lambda write: None
        self.after: Callable[[Write], None] = lambda write: None
        #: drivers whose probe fails
        self.refusing: set[str] = set()
        self.writes: list[Write] = []
        #: what no runtime may do, in words
        self.misdeeds: list[str] = []
        #: the number of the mounted file system
        self.device = 0
        self._locks: dict[str, threading.Lock] = {}
        self._identifiers: dict[str, set[tuple[int, int]]] = {}

    # Writes

    def _written(self, owner: str, attribute: str, data: bytes, thread: int) -> None:
        text = data.decode(errors="replace")
        with self.devices.lock:
            write = Write(len(self.writes) + 1, owner, attribute, text, thread)
            self.writes.append(write)
        try:
            with self._device_lock(owner if attribute == "driver_override" else text.strip()):
                self.before(write)
                self._perform(write)
                self.after(write)
        except OSError as error:
            write.error = error.errno
            raise

    @contextmanager
    def _device_lock(self, address: str):
        """The kernel's lock of one device: a driver that does not let go holds up every further write to it, and who reads
        `driver_override`."""
        with self._locks.setdefault(address, threading.Lock()):
            yield

    def _reads_override(self, address: str) -> None:
        with self._device_lock(address):
            pass

    def _perform(self, write: Write) -> None:
        text = write.text.removesuffix("\n")
        match write.attribute:
            case "driver_override":
                if len(write.text) >= 4096:
                    raise OSError(errno.EINVAL, "too long")
                self.devices.set_override(write.owner, text.split("\n")[0])
            case "unbind":
                function = self._function(text, errno.ENODEV)
                if self.devices.driver(text) != write.owner:
                    raise OSError(errno.ENODEV, "another driver has it")
                if is_vfio(write.owner):
                    self._wait_until_closed(function)
                self.devices.detach(function, write.owner)
            case "bind":
                function = self._function(text, errno.ENODEV)
                if not self._matches(function, write.owner):
                    raise OSError(errno.ENODEV, "not a device of this driver")
                if self.devices.driver(text):
                    raise OSError(errno.EBUSY, "a driver has it")
                if write.owner in self.refusing:
                    raise OSError(errno.EIO, "the probe failed")
                self.devices.attach(function, write.owner)
            case "drivers_probe":
                self._probe(self._function(text, errno.EINVAL))
            case "new_id":
                self._new_identifier(write.owner, text)

    def _function(self, address: str, otherwise: int) -> Function:
        if address not in self.devices.functions:
            raise OSError(otherwise, "no such device")
        return self.devices.functions[address]

    def _new_identifier(self, driver: str, text: str) -> None:
        try:
            vendor, device = (int(word, 16) for word in text.split()[:2])
        except ValueError:
            raise OSError(errno.EINVAL, "no numbers") from None
        known = self._identifiers.setdefault(driver, set())
        if (vendor, device) in known:
            raise OSError(errno.EEXIST, "it has them")
        known.add((vendor, device))
        for function in self.devices.functions.values():
            if not self.devices.driver(function.address):
                self._probe(function)

    def _probe(self, function: Function) -> None:
        """Offers it to every driver; that none takes it is no error."""
        if self.devices.driver(function.address):
            return
        for driver in self.devices.names(f"{PCI}/drivers"):
            if self._matches(function, driver) and driver not in self.refusing:
                return self.devices.attach(function, driver)

    def _matches(self, function: Function, driver: str) -> bool:
        override = self.devices.override(function.address).strip()
        if override != "(null)":
            return override == driver
        known = self._identifiers.get(driver, ())
        return driver == function.driver or (function.vendor, function.device) in known

    # Who has a device open

    def _wait_until_closed(self, function: Function) -> None:
        """VFIO gives a device up only when nobody has it open. Who asks for it earlier has not waited for the end of
        its monitor."""
        if users := self.users(function):
            self.misdeeds.append(f"{function.address} is unbound from VFIO while {', '.join(users)} has it open")
        while self.users(function):
            time.sleep(0.01)

    def users(self, function: Function) -> list[str]:
        """The processes that have a node of the function's open."""
        inodes = {node.inode for node in self.devices.nodes(function) if node.inode}
        found = []
        for process in filter(str.isdigit, os.listdir("/proc")):
            try:
                for descriptor in os.listdir(f"/proc/{process}/fd"):
                    status = os.stat(f"/proc/{process}/fd/{descriptor}")
                    if stat.S_ISCHR(status.st_mode) and status.st_ino in inodes and status.st_dev == self.device:
                        found.append(f"process {process}")
            except OSError:
                continue  # it has ended, or closed it
        return found
