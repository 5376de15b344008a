"""Real containerd, real shim, real VM. `scripts/system-tests` runs this; see there for the options."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from devices import DeviceLab  # noqa: E402  (the path above comes first)
from harness import Lab  # noqa: E402
from lab.paths import BIN, GUEST, LAB  # noqa: E402

DEFAULT_VERSION = "1.6"
#: path → what makes it; those of the second list are of no use to other runtimes
NEEDED = {
    LAB / ".ready": "scripts/setup",
    Path("/bin/busybox"): "scripts/setup",
    Path("/usr/sbin/mke2fs"): "scripts/setup",
    Path("/dev/fuse"): "modprobe fuse",
}
NEEDED_FOR_VM = {
    BIN / "containerd-shim-swiftlet-v2": "make build",
    BIN / "swiftlet": "make build",
    GUEST / "vmlinux": "make guest",
    GUEST / "initrd": "make guest",
}


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="also run what takes longer than a change should wait for")


def pytest_configure(config):
    config.addinivalue_line("markers", "vm: needs a runtime with virtual machines; not for RUNTIME=runc")
    config.addinivalue_line("markers", "long: only with --long")
    config.addinivalue_line("markers", "containerd(version): runs on that containerd; 1.6 without it")


def runtime() -> str:
    name = os.environ.get("RUNTIME", "swiftlet")
    if name not in ("swiftlet", "runc"):
        pytest.exit(f"RUNTIME is '{name}': it can be 'swiftlet' or 'runc'", 2)
    return name


def pytest_collection_modifyitems(config, items):
    reasons: dict[str, list] = {}
    kept = []
    for item in items:
        if item.get_closest_marker("vm") and runtime() == "runc":
            reasons.setdefault("need a virtual machine, which runc has not", []).append(item)
        elif item.get_closest_marker("long") and not config.getoption("--long"):
            reasons.setdefault("take long; 'make check-long' runs them", []).append(item)
        else:
            kept.append(item)
    config.left_out = {reason: len(left) for reason, left in reasons.items()}
    config.hook.pytest_deselected(items=[item for left in reasons.values() for item in left])
    items[:] = kept


def pytest_terminal_summary(terminalreporter, config):
    for reason, count in getattr(config, "left_out", {}).items():
        terminalreporter.write_line(f"{count} tests were left out: they {reason}")


def pytest_collection_finish(session):
    if session.config.option.collectonly or not session.items:
        return
    missing = NEEDED | (NEEDED_FOR_VM if runtime() == "swiftlet" else {})
    advice = [f"'{path}' is missing: run '{how}'" for path, how in missing.items() if not path.exists()]
    if os.geteuid() != 0:
        advice.append("the system tests make namespaces: run them as root")
    if advice:
        pytest.exit("the system tests can't run:\n  " + "\n  ".join(advice), 1)


#: seconds after which a test has failed that waits for what does not come; one that takes long has more
LIMIT, LONG_LIMIT = 900, 7200


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    def give_up(number, frame):
        raise TimeoutError(f"the test has not ended within {limit} s")

    limit = LONG_LIMIT if item.get_closest_marker("long") else LIMIT
    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(limit)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    arguments = getattr(item, "funcargs", {})
    lab = arguments.get("lab") or arguments.get("device_lab")
    if report.failed and lab is not None:
        lines = lab.log().splitlines()
        report.sections.append(("containerd and shims", "\n".join(lines[-60:])))


@pytest.fixture(scope="session")
def labs():
    """One lab per containerd version, made when the first test asks for it."""
    opened: dict[str, Lab] = {}

    def lab(version: str) -> Lab:
        if version not in opened:
            opened[version] = Lab(version, runtime()).open()
        return opened[version]

    yield lab
    for one in opened.values():
        one.close()


@pytest.fixture(scope="session")
def device_labs():
    """The lab of a host that has devices to give away; made when the first test asks for it."""
    lab = DeviceLab(DEFAULT_VERSION, runtime()).open()
    yield lab
    lab.close()


@pytest.fixture
def device_lab(device_labs, request):
    """The same, with the leak oracle and the rules of events around the test."""
    yield from watched(device_labs, request.node.name)


@pytest.fixture(scope="session")
def programs():
    """The C programs of this folder, linked statically; a folder with one file each."""
    folder = LAB / "test-programs"
    folder.mkdir(exist_ok=True)
    for source in (Path(__file__).parent / "programs").glob("*.c"):
        command = ["gcc", "-static", "-O1", "-Wall", "-Werror", "-o", str(folder / source.stem), str(source)]
        subprocess.run(command, check=True)
    return folder


@pytest.fixture
def lab(labs, request):
    """The lab of the test's containerd, with the leak oracle and the rules of events around the test."""
    marker = request.node.get_closest_marker("containerd")
    version = marker.args[0] if marker else getattr(request, "param", DEFAULT_VERSION)
    yield from watched(labs(version), request.node.name)


def watched(lab, test: str):
    """The lab while a test has it; then what the test has left fails it."""
    lab.begin(test)
    yield lab
    if problems := lab.finish():
        pytest.fail(f"left behind after the test:\n{problems}", pytrace=False)
