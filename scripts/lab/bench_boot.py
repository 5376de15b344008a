"""Boots: a container through containerd, a task through the shim, and the same virtual machine with nothing around."""

import io
import json
import os
import re
import signal
import tarfile
import time
from contextlib import ExitStack
from pathlib import Path

from . import oci
from .bench_lab import BenchLab, alternate
from .bench_table import Row
from .paths import BIN
from .private import ADDRESS, LabError
from .ttrpc import Shim, make_bundle

SERVICE = "containerd.task.v2.Task"
#: the device that a -chardev serves → what the shim gives QEMU for it
PURPOSES = {"virtconsole": "console", "vhost-user-fs-pci": "share", "vhost-user-vsock-pci": "vsock"}


def rows(lab: BenchLab, pairs: int) -> list[Row]:
    with ExitStack() as stack:
        folder = stack.enter_context(lab.folder("boot"))
        bare, specification = bare_boot(lab, folder)
        rootfs = folder / "rootfs"
        with tarfile.open(fileobj=io.BytesIO(oci.busybox_layer())) as layer:
            layer.extractall(rootfs)
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
    return [
        Row("run", "`ctr run --rm IMAGE true`", "ms", found["swiftlet"], "runc", found["runc"]),
        Row("run-bare", "`ctr run --rm IMAGE true`", "ms", found["swiftlet"], "bare boot", found["bare"]),
        Row("create-start", "Create sent → Start answered", "ms", created, "bare boot", found["bare"]),
        Row("create-start-cpu", "CPU of the shim in that time", "ms", [one["cpu"] for one in tasks]),
    ]


def container(lab: BenchLab, runtime: str) -> float:
    before = lab.traces()
    answer = lab.timed(*lab.run_words(runtime, "--rm"), lab.name(), "true")
    # What containerd tidies up behind the answer must not be measured with what comes next.
    lab.wait_until_gone(before)
    return answer["seconds"] * 1000


def task(lab: BenchLab, folder: Path, specification: dict, rootfs: Path) -> dict:
    """One task by the shim alone; `start` and `delete` are not in the time."""
    before = lab.traces()
    name = lab.name()
    linux = specification["linux"] | {"cgroupsPath": f"/default/{name}"}
    bundle = make_bundle(folder / name, specification | {"linux": linux})
    log = os.open(bundle / "log", os.O_RDONLY | os.O_NONBLOCK)
    shim = Shim(lab.containerd, name, bundle)
    try:
        done = shim.start()
        if not shim.address:
            raise LabError(f"the shim did not start: {done.stdout}{done.stderr}")
        process = lab.shim(name)
        client = shim.client()
        # The clock of the process's CPU time, by the kernel's encoding of its number; the calling thread's rights do.
        clock = (~process.host_pid << 3) | 2
        cpu, begin = time.clock_gettime(clock), time.monotonic()
        shim.create(client, rootfs)
        client.call(SERVICE, "Start", [(1, name)])
        wall = time.monotonic() - begin
        cpu = time.clock_gettime(clock) - cpu
        for method, more in (("Kill", [(3, signal.SIGKILL)]), ("Wait", []), ("Delete", [])):
            client.call(SERVICE, method, [(1, name), *more])
        shim.shutdown(client)
        client.close()
    finally:
        deleted = shim.delete()
        os.close(log)
    if deleted.returncode != 0:
        raise LabError(f"`delete` of the shim ended with {deleted.returncode}: {deleted.stderr.strip()}")
    lab.wait_until_gone(before)
    return {"wall": wall * 1000, "cpu": cpu * 1000}


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
        words = ["plan", "--bundle", bundle, "--config", lab.settings, "--address", ADDRESS]
        argv = lab.timed(BIN / "swiftlet", *words)["output"].removesuffix("\n").split("\n")
        plan = json.loads(lab.timed(BIN / "swiftlet", *words, "--format", "json")["output"])["plan"]
        helpers = lab.helpers(name)
        daemons = {}
        for program in ("virtiofsd", "vhost-device-vsock"):
            if program not in helpers:
                raise LabError(f"no {program} runs for a pod: this bench knows virtio-fs and vhost-user-vsock only")
            process = helpers[program][-1]
            daemons[program] = os.readlink(f"/proc/{process.host_pid}/exe"), list(process.command)
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
        "guest": devices["vsock"]["hostSocketPath"],
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
