"""Limits of a container, read back from the guest's cgroup files inside of it."""

import json
import re
import shutil

import pytest

pytestmark = pytest.mark.vm

MIB = 1 << 20


def specification(root, script: str, resources: dict) -> dict:
    return {
        "ociVersion": "1.1.0",
        "process": {
            "user": {"uid": 0, "gid": 0},
            "args": ["/bin/sh", "-c", script],
            "env": ["PATH=/bin"],
            "cwd": "/",
            "noNewPrivileges": True,
        },
        "root": {"path": str(root)},
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["ro"]},
            {"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": ["ro"]},
        ],
        "linux": {
            "namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount", "network", "cgroup")],
            "resources": resources,
        },
    }


def run(lab, script: str, resources: dict):
    """`ctr run` of a shell script in a container with these limits."""
    root = lab.folder / "rootfs"
    for folder in ("bin", "proc", "sys"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for program in ("sh", "cat", "ls", "true"):
        shutil.copy("/bin/busybox", root / "bin" / program)
    path = lab.folder / "config.json"
    path.write_text(json.dumps(specification(root, script, resources)))
    words = ["run", "--rm", "--runtime", lab.runtime, "--config", path, lab.name()]
    return lab.containerd.ctr(*map(str, words), check=False)


def test_limits_are_in_force(lab):
    resources = {
        "memory": {"limit": 64 * MIB, "reservation": 16 * MIB, "swap": 96 * MIB},
        "cpu": {"shares": 512, "quota": 50_000, "period": 200_000, "burst": 10_000, "cpus": "0", "mems": "0"},
        "pids": {"limit": 42},
        "blockIO": {"weight": 500},
        "hugepageLimits": [{"pageSize": "2MB", "limit": 4 * MIB}],
        "unified": {"memory.high": str(48 * MIB), "cgroup.max.depth": "3"},
    }
    expected = {
        "memory.max": str(64 * MIB),
        "memory.low": str(16 * MIB),
        "memory.swap.max": str(32 * MIB),
        "memory.high": str(48 * MIB),
        "cpu.weight": "59",
        "cpu.max": "50000 200000",
        "cpu.max.burst": "10000",
        "cpu.idle": "0",
        "cpuset.cpus": "0",
        "cpuset.mems": "0",
        "pids.max": "42",
        "hugetlb.2MB.max": str(4 * MIB),
        "hugetlb.2MB.rsvd.max": str(4 * MIB),
        "cgroup.max.depth": "3",
    }
    script = f'for f in {" ".join(expected)}; do echo "$f=$(cat /sys/fs/cgroup/$f)"; done; ls /sys/fs/cgroup'
    done = run(lab, script, resources)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert dict(line.split("=", 1) for line in lines if "=" in line) == expected
    # This guest's kernel weighs no input and output: that is said, and no reason to fail.
    weighs = "io.weight" in lines
    assert weighs == ("io.weight" not in lab.log())


def test_no_limits_and_an_idle_container(lab):
    resources = {
        "memory": {"limit": -1},
        "cpu": {"idle": 1, "shares": 1024, "quota": -1},
        "pids": {"limit": -1},
        # Of what the guest lacks nothing can be had; so a node says that allows none of any size.
        "hugepageLimits": [{"pageSize": size, "limit": 0} for size in ("64KB", "2MB")],
    }
    files = ["memory.max", "memory.swap.max", "cpu.idle", "cpu.max", "pids.max", "hugetlb.2MB.max"]
    done = run(lab, f"for f in {' '.join(files)}; do cat /sys/fs/cgroup/$f; done", resources)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["max", "max", "1", "max 100000", "max", "0"]


def test_limits_of_the_hosts_devices_are_told_and_left_out(lab):
    resources = {
        "cpu": {"cpus": "200-201", "realtimeRuntime": 1000},
        "blockIO": {"throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": MIB}]},
    }
    done = run(lab, "cat /sys/fs/cgroup/cpuset.cpus /sys/fs/cgroup/io.max", resources)
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr
    log = lab.log()
    assert "I/O limits of single devices are not applied" in log
    assert "real-time" in log
    warnings = [line for line in log.splitlines() if "has no effect" in line and "cpuset.cpus" in line]
    assert len(warnings) == 1 and "source=agent" in warnings[0] and "level=warning" in warnings[0]


@pytest.mark.parametrize(
    "resources, words",
    [
        ({"hugepageLimits": [{"pageSize": "64KB", "limit": MIB}]}, r"'hugetlb.64KB.max'.*has no such limit; leave it out"),
        ({"unified": {"memory.nonsense": "1"}}, r"'memory.nonsense'.*has no such limit; leave it out"),
        ({"unified": {"io.max": "8:0 rbps=1024"}}, r"'io.max'.*'8:0 rbps=1024'.*no such device"),
        ({"memory": {"swap": MIB}}, "there is no limit of memory; give one"),
        ({"memory": {"limit": 2 * MIB, "swap": MIB}}, "'memory.swap' is below 'limit'|swap.*is below 'limit'"),
        ({"unified": {"cgroup.procs": "1"}}, "is no limit; leave it out"),
    ],
)
def test_limits_that_cannot_be_are_refused(lab, resources, words):
    done = run(lab, "true", resources)
    assert done.returncode != 0
    assert re.search(words, done.stderr), done.stderr
