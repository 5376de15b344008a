"""The fake host does what the kernel's documentation says of PCI drivers, as a process inside sees it."""

import errno
import os
import time

import pytest
from devices import COMPANION, GPU, HELD, OWNERLESS
from fakehost import Fault
from lab.leaks import leaks_since

DEVICES = "/sys/bus/pci/devices"
DRIVERS = "/sys/bus/pci/drivers"
WRITE = "import os,sys; os.write(os.open(sys.argv[2], os.O_WRONLY), sys.argv[1].encode())"


@pytest.fixture
def inside(device_lab):
    """Runs a shell line inside; gives what it says."""
    return lambda line: device_lab.containerd.execute("sh", "-c", line).stdout.strip()


def write(lab, text: str, path: str) -> int:
    """One write(2) inside; gives the error number or 0."""
    code = f"import sys\ntry:\n {WRITE}\nexcept OSError as error:\n sys.exit(error.errno)"
    return lab.containerd.execute("/usr/bin/python3", "-Sc", code, text, path, check=False).returncode


def test_rest_is_the_kernels(device_lab, inside):
    assert inside("ls /sys/fs/cgroup") == "\n".join(sorted(os.listdir("/sys/fs/cgroup")))
    assert inside("cat /sys/kernel/uevent_seqnum").isdigit()
    assert inside("cat /sys/class/net/lo/type") == "772"
    assert inside("cat /sys/devices/system/cpu/possible") == open("/sys/devices/system/cpu/possible").read().strip()
    assert inside("echo x > /dev/null; ls -d /dev/shm /dev/pts/ptmx")
    assert not os.path.exists("/dev/vfio") and not os.path.exists(f"{DEVICES}/{GPU}")


def test_functions_are_laid_out_as_in_sysfs(device_lab, inside):
    assert inside(f"cd {DEVICES}/{GPU} && pwd -P") == f"/sys/devices/pci0000:41/{GPU}"
    assert inside(f"cd {DEVICES}/{GPU}; cat vendor class driver_override") == "0x10de\n0x030200\n(null)"
    assert inside(f"basename $(readlink {DEVICES}/{GPU}/driver)") == "nvidia"
    assert inside(f"cd {DEVICES}/{GPU}/iommu_group/devices/{GPU}/driver/{GPU} && pwd -P").endswith(GPU)
    assert inside(f"stat -c %s {DEVICES}/{GPU}/config") == "4096"
    assert inside("cd /dev/vfio; echo * devices/*") == "45 46 devices vfio devices/vfio0 devices/vfio1"
    for node in ("vfio/46", "vfio/devices/vfio0"):
        number = inside(f"printf '%d:%d' 0x$(stat -c %t /dev/{node}) 0x$(stat -c %T /dev/{node})")
        assert f"DEVNAME={node}" in inside(f"cat /sys/dev/char/{number}/uevent")


def test_unbind(device_lab):
    assert write(device_lab, GPU, f"{DRIVERS}/vfio-pci/unbind") == errno.ENODEV
    assert write(device_lab, "0000:99:00.0", f"{DRIVERS}/nvidia/unbind") == errno.ENODEV
    assert device_lab.host.driver(GPU) == "nvidia"
    assert write(device_lab, GPU, f"{DRIVERS}/nvidia/unbind") == 0
    assert device_lab.host.driver(GPU) is None
    assert write(device_lab, GPU, f"{DRIVERS}/nvidia/unbind") == errno.ENODEV
    assert write(device_lab, GPU, f"{DRIVERS}/nvidia/bind") == 0


def test_bind(device_lab):
    assert write(device_lab, GPU, f"{DRIVERS}/nvidia/bind") == errno.EBUSY
    assert write(device_lab, GPU, f"{DRIVERS}/vfio-pci/bind") == errno.ENODEV
    assert write(device_lab, OWNERLESS, f"{DRIVERS}/nvidia/bind") == errno.ENODEV
    assert write(device_lab, "nonsense", f"{DRIVERS}/nvidia/bind") == errno.ENODEV


def test_probe(device_lab):
    # Without a taker, and with one already, nothing happens; that is no error.
    assert write(device_lab, OWNERLESS, "/sys/bus/pci/drivers_probe") == 0
    assert write(device_lab, GPU, "/sys/bus/pci/drivers_probe") == 0
    assert write(device_lab, "0000:99:00.0", "/sys/bus/pci/drivers_probe") == errno.EINVAL
    assert (device_lab.host.driver(OWNERLESS), device_lab.host.driver(GPU)) == (None, "nvidia")


def test_override(device_lab, inside):
    override = f"{DEVICES}/{GPU}/driver_override"
    for text, read in (("vfio-pci", "vfio-pci"), ("a\nb", "a"), ("\n", "(null)")):
        assert write(device_lab, text, override) == 0
        assert inside(f"cat {override}") == read
    assert write(device_lab, "x" * 4096, override) == errno.EINVAL
    assert write(device_lab, "x", f"{DEVICES}/{GPU}/vendor") != 0


def test_the_way_to_vfio_and_back(device_lab, inside):
    before = device_lab.host.state()
    for text, path in (("vfio-pci", f"{DEVICES}/{GPU}/driver_override"), (GPU, f"{DRIVERS}/nvidia/unbind")):
        assert write(device_lab, text, path) == 0
    assert write(device_lab, GPU, f"{DRIVERS}/nvidia/bind") == errno.ENODEV
    assert write(device_lab, GPU, "/sys/bus/pci/drivers_probe") == 0
    assert inside(f"basename $(readlink {DEVICES}/{GPU}/driver); ls /dev/vfio/42") == "vfio-pci\n/dev/vfio/42"
    assert inside("ls /sys/class/vfio-dev /dev/vfio/devices").count("vfio2") == 2
    assert inside("exec 3<> /dev/vfio/42; echo opened") == "opened"
    for text, path in (("\n", f"{DEVICES}/{GPU}/driver_override"), (GPU, f"{DRIVERS}/vfio-pci/unbind")):
        assert write(device_lab, text, path) == 0
    assert write(device_lab, GPU, "/sys/bus/pci/drivers_probe") == 0
    assert device_lab.host.state() == before


def test_new_id(device_lab):
    # It offers what no driver has to the driver, at once.
    assert write(device_lab, "10de 2330", f"{DRIVERS}/vfio-pci/new_id") == 0
    assert (device_lab.host.driver(OWNERLESS), device_lab.host.driver(GPU)) == ("vfio-pci", "nvidia")
    assert write(device_lab, "10de 2330", f"{DRIVERS}/vfio-pci/new_id") == errno.EEXIST
    assert write(device_lab, "nonsense", f"{DRIVERS}/vfio-pci/new_id") == errno.EINVAL
    assert write(device_lab, OWNERLESS, f"{DRIVERS}/vfio-pci/unbind") == 0


def test_a_device_that_is_open_is_not_given_up(device_lab, inside):
    inside("sleep 1 3<> /dev/vfio/46 >/dev/null 2>&1 <&- &")
    device_lab.wait_until(lambda: device_lab.host.kernel.users(device_lab.host.devices.functions[HELD]), "it is open", 5)
    begin = time.monotonic()
    assert write(device_lab, HELD, f"{DRIVERS}/vfio-pci/unbind") == 0
    assert time.monotonic() - begin > 0.3
    assert len(device_lab.host.kernel.misdeeds) == 1
    device_lab.host.forget()
    for driver in ("vfio-pci", ""):
        write(device_lab, driver or "\n", f"{DEVICES}/{HELD}/driver_override")
        write(device_lab, HELD, "/sys/bus/pci/drivers_probe")


def test_faults(device_lab):
    host, override = device_lab.host, f"{DEVICES}/{COMPANION}/driver_override"
    host.forget()
    host.faults = {1: Fault(error=errno.EPERM), 2: Fault(hang=1), 3: Fault(kill="before"), 4: Fault(kill="after")}
    assert write(device_lab, "one", override) == errno.EPERM
    begin = time.monotonic()
    assert write(device_lab, "two", override) == 0
    assert time.monotonic() - begin > 0.9
    assert write(device_lab, "three", override) == -9
    assert host.devices.override(COMPANION) == "two\n"
    assert write(device_lab, "four", override) == -9
    assert host.devices.override(COMPANION) == "four\n"
    assert write(device_lab, "\n", override) == 0
    assert [(w.number, w.owner, w.attribute, w.error) for w in host.writes] == [
        (n, COMPANION, "driver_override", error) for n, error in enumerate((errno.EPERM, 0, errno.EINTR, 0, 0), 1)
    ]


def test_override_is_not_read_while_a_driver_does_not_let_go(device_lab, inside):
    device_lab.host.forget()
    device_lab.host.faults = {1: Fault(hang=2)}
    inside(f"(echo {GPU} > {DRIVERS}/nvidia/unbind) >/dev/null 2>&1 &")
    device_lab.wait_until(lambda: device_lab.host.writes, "the write", 5)
    begin = time.monotonic()
    assert inside(f"cat {DEVICES}/{GPU}/driver_override") == "(null)"
    assert time.monotonic() - begin > 1
    assert device_lab.host.driver(GPU) is None
    assert write(device_lab, GPU, f"{DRIVERS}/nvidia/bind") == 0


def test_the_oracle_sees_a_function_that_did_not_come_back(device_lab):
    override = f"{DEVICES}/{GPU}/driver_override"
    assert write(device_lab, "vfio-pci", override) == 0
    assert "driver_override" in leaks_since(device_lab.before, device_lab.containerd, 0)
    assert write(device_lab, "\n", override) == 0
