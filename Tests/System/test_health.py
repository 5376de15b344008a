"""Row 10: the guest's agent hangs while its machine runs; the sandbox ends, and calls fail before their deadlines."""

import time

import pytest

from lab.tasks import FAILED_PRECONDITION, OK, UNAVAILABLE, Task, code, process

pytestmark = pytest.mark.vm

#: takes the processor away from everything of the usual kind, the agent and the kernel's threads among them: neither
#: the limit on real-time processes nor the kernel's reserve for the others is left
HOG = """
set -e
# First the agent answers to who has started this.
sleep 3
echo -1 > /proc/sys/kernel/sched_rt_runtime_us
mkdir -p /tmp/debug
mount -t debugfs debugfs /tmp/debug
for reserve in /tmp/debug/sched/fair_server/cpu*/runtime; do echo 0 > $reserve; done
echo hanging
while :; do :; done
"""


def test_row_10_the_agent_hangs(lab):
    with lab.running(flags=["--privileged"]) as name, Task(lab.containerd, name) as task:
        real_time = {"policy": "SCHED_FIFO", "priority": 99}
        task.exec("hog", process("sh", "-c", HOG, scheduler=real_time))
        task.exec("victim", process("true"))
        assert code(task.start, "hog") == OK
        time.sleep(5)
        begin = time.monotonic()
        # 10 s at most to the next question, 10 s for its answer; the call's own deadline is 30 s.
        assert code(task.start, "victim") == UNAVAILABLE
        assert (task.wait(), task.wait("hog")) == (137, 137)
        assert time.monotonic() - begin < 28
        lab.recorder.wait_for(lab.mark, "/tasks/exit", name, 5)
        assert not lab.containerd.named("qemu-system")
        # What comes later is told at once.
        begin = time.monotonic()
        assert code(task.exec, "late", process("true")) in (FAILED_PRECONDITION, UNAVAILABLE)
        assert task.delete("victim") in (0, 137)
        assert time.monotonic() - begin < 5
    assert "has not answered" in lab.log()
