"""Statistics of a container beside the guest's own files, and limits that are changed while it runs."""

import json

import pytest
from task_api import Task

from lab.tasks import FAILED_PRECONDITION, INVALID_ARGUMENT, UNIMPLEMENTED
from lab.ttrpc import RemoteError

pytestmark = pytest.mark.vm

CGROUP = ["--mount", "type=cgroup,src=cgroup,dst=/sys/fs/cgroup,options=ro"]
NO_LIMIT = (1 << 64) - 1
FILES = ["cpu.stat", "memory.stat"]
#: of memory.stat, by the number of the metrics' field
MEMORY = {1: "anon", 2: "file", 3: "kernel_stack", 4: "slab", 6: "shmem", 11: "inactive_anon", 12: "active_anon"}
MEMORY |= {13: "inactive_file", 14: "active_file", 16: "slab_reclaimable", 18: "pgfault", 19: "pgmajfault"}


class Files:
    """The guest's files, read by a process of the container."""

    def __init__(self, lab, name: str):
        script = 'for f; do echo "== $f"; cat /sys/fs/cgroup/$f; done'
        done = lab.exec(name, "sh", "-c", script, "sh", *FILES)
        parts = done.stdout.split("== ")[1:]
        self.texts = {part.split("\n", 1)[0]: part.split("\n", 1)[1] for part in parts}

    def keyed(self, name: str) -> dict[str, int]:
        return {line.split()[0]: int(line.split()[1]) for line in self.texts[name].splitlines()}


def near(value: int, before: int, after: int) -> bool:
    """Within 1 % of what was true at some moment between the two."""
    return min(before, after) * 0.99 <= value <= max(before, after) * 1.01


def test_statistics_are_those_of_the_guest(lab):
    # Enough memory that the process which reads the files is less than the error allowed.
    script = "dd if=/dev/zero of=/dev/shm/x bs=1M count=48; echo > /dev/shm/done; sleep 1000"
    with lab.running("sh", "-c", script, flags=[*CGROUP, "--memory-limit", 300 << 20]) as name:
        lab.wait_until(lambda: lab.exec(name, "ls", "/dev/shm/done").returncode == 0, "the memory in use", 120)
        task = Task(lab, name)
        before = task.metrics()
        files = Files(lab, name)
        after = task.metrics()
    cpu = files.keyed("cpu.stat")
    for number, key in ((1, "usage_usec"), (2, "user_usec"), (3, "system_usec"), (4, "nr_periods")):
        assert near(cpu[key], before.inside(2)[number], after.inside(2)[number]), key
    assert before.inside(2)[1] > 0
    memory = files.keyed("memory.stat")
    for number, key in MEMORY.items():
        low, high = before.inside(4)[number], after.inside(4)[number]
        # Few pages come and go with the process that reads.
        assert near(memory[key], low, high) or abs(memory[key] - low) < 256 << 10, (key, low, memory[key], high)


def test_containerd_reads_the_statistics(lab):
    """`ctr` knows the message by its type; without limits the limits are the largest number."""
    with lab.running() as name:
        shown = json.loads(lab.containerd.ctr("task", "metrics", "--format", "json", name).stdout)
    assert shown["pids"]["current"] == 1
    assert shown["pids"]["limit"] == NO_LIMIT
    assert shown["memory"]["usage_limit"] == NO_LIMIT
    assert shown["memory"]["usage"] > 0 and shown["cpu"]["usage_usec"] > 0


def limits_of(lab, name: str) -> dict[str, str]:
    names = ["memory.max", "memory.low", "cpu.max", "cpu.weight", "pids.max", "cpuset.cpus", "memory.swap.max"]
    script = "cd /sys/fs/cgroup; for f; do echo $f $(cat $f); done"
    lines = lab.exec(name, "sh", "-c", script, "sh", *names).stdout.splitlines()
    return {line.split(" ", 1)[0]: line.split(" ", 1)[1] for line in lines if " " in line}


def test_limits_change_while_a_container_runs(lab):
    with lab.running(flags=[*CGROUP, "--memory-limit", 128 << 20]) as name:
        task = Task(lab, name)
        task.update({"memory": {"limit": 96 << 20, "reservation": 32 << 20}, "pids": {"limit": 77}})
        found = limits_of(lab, name)
        assert (found["memory.max"], found["memory.low"], found["pids.max"]) == (str(96 << 20), str(32 << 20), "77")
        task.update({"cpu": {"quota": 50_000, "period": 200_000, "shares": 2048, "cpus": "0"}})
        found = limits_of(lab, name)
        assert (found["cpu.max"], found["cpuset.cpus"]) == ("50000 200000", "0")
        # The curve that gives 1024 shares the weight of 100.
        assert found["cpu.weight"] == "174"
        # A number that is set together with another keeps the other.
        task.update({"cpu": {"quota": 80_000}})
        found = limits_of(lab, name)
        assert (found["cpu.max"], found["memory.max"], found["pids.max"]) == ("80000 200000", str(96 << 20), "77")
        task.update({"cpu": {"quota": -1}, "memory": {"limit": -1}, "pids": {"limit": -1}})
        found = limits_of(lab, name)
        assert (found["cpu.max"], found["memory.max"], found["pids.max"]) == ("max 200000", "max", "max")


def test_an_update_that_is_refused_changes_nothing(lab):
    with lab.running(flags=[*CGROUP, "--memory-limit", 128 << 20]) as name:
        task = Task(lab, name)
        task.update({"pids": {"limit": 50}})
        before = limits_of(lab, name)
        for limits, expected in (
            # Less than a millisecond: the guest's kernel refuses, perhaps after other limits have been set.
            ({"memory": {"limit": 64 << 20}, "pids": {"limit": 9}, "cpu": {"quota": 500, "shares": 99}}, INVALID_ARGUMENT),
            ({"memory": {"limit": 64 << 20}, "network": {"classID": 1}}, UNIMPLEMENTED),
            ({"memory": {"limit": 64 << 20, "swap": 32 << 20}}, INVALID_ARGUMENT),
            ({"memory": {"limit": 4096, "checkBeforeUpdate": True}}, FAILED_PRECONDITION),
        ):
            with pytest.raises(RemoteError) as error:
                task.update(limits)
            assert error.value.code == expected, error.value
            assert limits_of(lab, name) == before, limits
