"""Boots: a container through containerd, a task through the shim, and the same virtual machine with nothing around."""

import json
import re
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from ..configuration import BASE
from ..paths import BIN
from ..private import ADDRESS, LabError
from .driver import cpu_milliseconds, life
from .lab import BenchLab, alternate, unpack_busybox
from .table import Row

READY = "swiftlet-agent: ready"
CREATE_START = "Create sent → Start answered"
#: of a task: what is not the CPU of a helper
MEASURED = ("wall", "cpu", "Create", "Start")
#: the device that a -chardev serves → what the shim gives QEMU for it
PURPOSES = {"virtconsole": "console", "vhost-user-fs-pci": "share", "vhost-user-vsock-pci": "vsock"}


def rows(lab: BenchLab, pairs: int) -> list[Row]:
    with ExitStack() as stack:
        folder = stack.enter_context(lab.folder("boot"))
        bare, specification = bare_boot(lab, folder)
        rootfs = unpack_busybox(folder / "rootfs")
        tasks: list[dict] = []
        sides = {
            "swiftlet": lambda: container(lab, "swiftlet"),
            "bare": lambda: lab.order(**bare)["seconds"] * 1000,
            "task": lambda: tasks.append(task(lab, folder, specification, rootfs)),
            "runc": lambda: container(lab, "runc"),
        }
        found = alternate(sides, pairs)
    tasks = tasks[1:]  # the first was not counted
    created = [one["wall"] for one in tasks]
    names = [name for name in tasks[0] if name not in MEASURED]
    helpers = [f"{median(one[name] for one in tasks):.0f} ms of {name}" for name in names]
    calls = {"Create": [one["Create"] for one in tasks], "Start": [one["Start"] for one in tasks]}
    parts = ", ".join(f"{name} {median(values):.0f} ms" for name, values in calls.items())
    return [
        Row("run", "`ctr run --rm IMAGE true`", "ms", found["swiftlet"], "runc", found["runc"]),
        Row("run-bare", "`ctr run --rm IMAGE true`", "ms", found["swiftlet"], "bare boot", found["bare"]),
        Row("create-start", CREATE_START, "ms", created, "bare boot", found["bare"], detail=parts),
        Row(
            "create-start-cpu", "CPU of the shim in that time", "ms", [one["cpu"] for one in tasks],
            detail=f"beside it {', '.join(helpers)}",
        ),
    ]


def container(lab: BenchLab, runtime: str) -> float:
    before = lab.traces()
    answer = lab.timed(*lab.run_words(runtime, "--rm"), lab.name(), "true")
    # What containerd tidies up behind the answer must not be measured with what comes next.
    lab.wait_until_gone(before)
    return answer["seconds"] * 1000


def task(lab: BenchLab, folder: Path, specification: dict, rootfs: Path) -> dict[str, float]:
    """One task by the shim alone, in milliseconds: the time, its CPU and that of each helper."""
    with life(lab, folder, specification) as one:
        cpu = cpu_milliseconds(one.pid)
        found = {"wall": one.create_and_start(rootfs), "cpu": cpu_milliseconds(one.pid) - cpu}
        found |= {stamp.method: stamp.milliseconds for stamp in one.stamps}
        for program, processes in lab.helpers(one.shim.identifier).items():
            found[program] = sum(cpu_milliseconds(process.host_pid) for process in processes)
    return found


def bare_boot(lab: BenchLab, folder: Path) -> tuple[dict, dict]:
    """The order for the stopwatch, and the specification of the container that it is the machine of.

    The daemons' command lines are read from a pod that runs, the machine's is what `swiftlet plan` prints; it must be
    the one that runs, or else something else would be measured.
    """
    with lab.pod("swiftlet") as name:
        specification = lab.bundle_of(name)
        bundle = folder / name
        bundle.mkdir()
        (bundle / "config.json").write_text(json.dumps(specification))
        words = ["plan", "--debug", "--bundle", bundle, "--config", lab.settings, "--address", ADDRESS]
        argv = lab.timed(BIN / "swiftlet", *words)["output"].removesuffix("\n").split("\n")
        plan = json.loads(lab.timed(BIN / "swiftlet", *words, "--format", "json")["output"])["plan"]
        helpers = lab.helpers(name)
        daemons = {}
        machine = BASE["hypervisor.qemu"]
        for program, key in (("virtiofsd", "virtio_fs_daemon"), ("vhost-device-vsock", "vhost_user_vsock_daemon")):
            if program not in helpers:
                raise LabError(f"no {program} runs for a pod: this bench knows virtio-fs and vhost-user-vsock only")
            daemons[program] = machine[key], list(helpers[program][-1].command)
        running = list(lab.monitor(name).command)
        if running != argv:
            changed = " ".join(f"-{a} +{b}" for a, b in zip(argv, running) if a != b)
            raise LabError(f"'swiftlet plan' does not print the command line that runs: {changed or 'one ends early'}")
    share = folder / "share"
    share.mkdir()
    executable, file_server = daemons["virtiofsd"]
    file_server = [re.sub(r"^--shared-dir=.*", f"--shared-dir={share}", word) for word in file_server]
    devices = {device["kind"]: device for device in plan["devices"]}
    order = {
        "do": "boot",
        "argv": argv,
        "descriptors": descriptors(argv),
        "folder": str(Path(plan["control"]["path"]).parent),
        "control": plan["control"]["path"],
        "share": devices["share"]["socketPath"],
        "vsock": devices["vsock"]["socketPath"],
        "until": READY,
        "virtiofsd": (executable, file_server),
        "vsock daemon": daemons["vhost-device-vsock"],
    }
    return order, specification


def descriptors(argv: list[str]) -> dict[int, str]:
    """What each inherited descriptor of the command line is for, told from what uses its -chardev."""
    values = list(zip(argv, argv[1:]))
    users: dict[str, str] = {}
    for flag, value in values:
        if flag == "-device" and (match := re.search(r"chardev=([^,]+)", value)):
            users[match[1]] = value.split(",")[0]
        if flag == "-mon" and (match := re.search(r"chardev=([^,]+)", value)):
            users[match[1]] = "control"
    found = {}
    for flag, value in values:
        number, name = re.search(r"\bfd=(\d+)", value), re.search(r"\bid=([^,]+)", value)
        if flag == "-chardev" and number and name:
            user = users.get(name[1], "")
            purpose = PURPOSES.get(user, user)
            if purpose not in ("control", *PURPOSES.values()):
                raise LabError(f"can't boot the plan bare: what is descriptor {number[1]} of '{value}' for?")
            found[int(number[1])] = purpose
    return found
