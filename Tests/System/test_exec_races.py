"""Row 31: exec, kill and delete at the worst moments, by raw calls; exact codes, and each exit exactly once.

The rules of events (each started process exits once, in order) are checked after each test, as after every one.
"""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lab.tasks import ALREADY_EXISTS, FAILED_PRECONDITION, NOT_FOUND, OK, Task, code, process

pytestmark = pytest.mark.vm

SLEEP = process("sleep", "1000")


@pytest.fixture
def task(lab):
    with lab.running() as name, Task(lab.containerd, name) as task:
        yield task


def at_once(lab, task, count: int, work):
    """Runs `work(task, number)` on as many connections at the same moment; the results in order."""
    barrier = threading.Barrier(count)

    def one(number: int):
        with Task(lab.containerd, task.container, timeout=120) as mine:
            barrier.wait(60)
            return work(mine, number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def exits(lab, container: str) -> dict[str, list[int]]:
    # Events come a little later than answers.
    time.sleep(1)
    found: dict[str, list[int]] = {}
    for event in lab.recorder.since(lab.mark, container):
        if event.topic == "/tasks/exit":
            found.setdefault(event.process, []).append(event.fields.get("exit_status", 0))
    return found


def test_codes_of_an_exec_through_its_life(task):
    for call in (task.start, task.wait, task.kill, task.delete, task.state):
        assert code(call, "absent") == NOT_FOUND, call
    task.exec("x", SLEEP)
    assert code(task.exec, "x", SLEEP) == ALREADY_EXISTS
    assert code(task.kill, "x") == FAILED_PRECONDITION
    task.start("x")
    assert code(task.start, "x") == FAILED_PRECONDITION
    assert code(task.exec, "x", SLEEP) == ALREADY_EXISTS
    assert code(task.delete, "x") == FAILED_PRECONDITION
    assert (code(task.kill, "x"), task.wait("x")) == (OK, 137)
    # SIGKILL of what has ended is no failure; other signals can't be delivered any more.
    assert (code(task.kill, "x"), code(task.kill, "x", 15)) == (OK, NOT_FOUND)
    assert code(task.start, "x") == FAILED_PRECONDITION
    assert (task.wait("x"), task.delete("x")) == (137, 137)
    assert [code(call, "x") for call in (task.delete, task.wait, task.state)] == [NOT_FOUND] * 3


def test_an_id_is_free_again_after_its_deletion(lab, task):
    for number in range(1, 4):
        assert task.output("again", process("sh", "-c", f"echo {number}; exit {number}"), lab.folder) == (number, f"{number}\n")
    # Also after one that never ran, and one that could not.
    task.exec("again", SLEEP)
    task.delete("again")
    task.exec("again", process("/no/such/program"))
    assert code(task.start, "again") != OK
    task.delete("again")
    assert task.output("again", process("echo", "works"), lab.folder) == (0, "works\n")


def test_two_of_everything_at_once(lab, task):
    def pair(work) -> list[int]:
        return sorted(at_once(lab, task, 2, lambda mine, _: code(*work(mine))))

    for number in range(5):
        name = f"x{number}"
        assert pair(lambda mine: (mine.exec, name, SLEEP)) == [OK, ALREADY_EXISTS]
        assert pair(lambda mine: (mine.start, name)) == [OK, FAILED_PRECONDITION]
        assert pair(lambda mine: (mine.kill, name)) == [OK, OK]
        assert task.wait(name) == 137
        assert pair(lambda mine: (mine.delete, name)) == [OK, NOT_FOUND]
    assert exits(lab, task.container) == {f"x{number}": [137] for number in range(5)}


def test_a_kill_while_it_starts(lab, task):
    """The signal waits for the start: it is never lost, and never too early."""
    for number in range(5):
        name = f"x{number}"
        task.exec(name, SLEEP)

        def work(mine: Task, which: int, name=name, pause=number * 0.02) -> int:
            if which == 0:
                return code(mine.start, name)
            time.sleep(pause)
            return code(mine.kill, name)

        start, kill = at_once(lab, task, 2, work)
        assert start == OK
        # One that came before the start was told so.
        assert kill in (OK, FAILED_PRECONDITION)
        if kill == FAILED_PRECONDITION:
            task.kill(name)
        assert (task.wait(name), task.delete(name)) == (137, 137)


def test_a_deletion_while_it_starts(lab, task):
    for number in range(5):
        name = f"x{number}"
        task.exec(name, SLEEP)
        start, deletion = at_once(
            lab, task, 2, lambda mine, which, name=name: code(mine.start if which == 0 else mine.delete, name)
        )
        # Whoever comes first wins, and the other is told.
        assert (start, deletion) in ((OK, FAILED_PRECONDITION), (FAILED_PRECONDITION, OK), (NOT_FOUND, OK))
        if start == OK:
            task.kill(name)
            assert (task.wait(name), task.delete(name)) == (137, 137)


def test_a_hundred_waiters(lab, task):
    task.exec("x", process("sh", "-c", "sleep 3; exit 7"))
    task.start("x")
    answers = at_once(lab, task, 100, lambda mine, _: mine.call("Wait", (2, "x")))
    answers.append(task.call("Wait", (2, "x")))
    # The same status and the same moment for everybody, during and after.
    assert answers[0][1] == 7 and all(answer == answers[0] for answer in answers)
    task.delete("x")


def test_deletion_of_a_container_with_execs(lab, task):
    """Those that never ran are gone with it; the ones that ran have their ends."""
    task.exec("never", SLEEP)
    task.exec("runs", SLEEP)
    task.start("runs")
    assert code(task.delete) == FAILED_PRECONDITION
    with Task(lab.containerd, task.container) as other, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(other.wait, "never")
        task.kill()
        assert (task.wait(), task.wait("runs")) == (137, 137)
        lab.containerd.ctr("task", "rm", task.container)
        # Nobody waits for ever; the shim may have left before it could answer.
        assert waiting.exception(30) is not None or waiting.result() == 137
    assert set(exits(lab, task.container)) == {"", "runs"}


def test_a_hundred_execs_at_once(lab, task):
    def work(mine: Task, number: int) -> tuple[int, str]:
        return mine.output(f"x{number}", process("sh", "-c", f"echo {number}; exit {number}"), lab.folder)

    begin = time.monotonic()
    results = at_once(lab, task, 100, work)
    print(f"100 execs at once: {time.monotonic() - begin:.1f} s")
    assert results == [(number, f"{number}\n") for number in range(100)]
    assert exits(lab, task.container) == {f"x{number}": [number] for number in range(100)}


def resources(pid: int) -> tuple[int, int, int]:
    """Resident kB, threads, descriptors."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(lines["VmRSS"].split()[0]), int(lines["Threads"]), len(list(Path(f"/proc/{pid}/fd").iterdir()))


@pytest.mark.parametrize("count", [50, pytest.param(1000, marks=pytest.mark.long)])
def test_class_k_execs_with_a_child_in_the_background(lab, task, count):
    """CVE-2026-53495: a child keeps the exec's output open. The exec ends all the same, and costs nothing afterwards."""
    shim = lab.one("containerd-shim-swiftlet").host_pid
    command = process("sh", "-c", "sleep 86400 & exit 0")

    def one(number: int) -> None:
        path = lab.folder / "out"
        task.exec(f"x{number}", command, path)
        task.start(f"x{number}")
        assert (task.wait(f"x{number}"), task.delete(f"x{number}")) == (0, 0)

    os.mkfifo(lab.folder / "out")
    reader = os.open(lab.folder / "out", os.O_RDONLY | os.O_NONBLOCK)
    try:
        for number in range(10):
            one(number)
        before = resources(shim)
        for number in range(10, count):
            one(number)
            if number % 100 == 99:
                # The guest has not the memory for all of them. The container's first process ignores the signal.
                task.output("end", process("killall", "sleep"), lab.folder)
        after = resources(shim)
    finally:
        os.close(reader)
    print(f"shim after {count} execs: {before} -> {after} (kB, threads, descriptors)")
    # An event may have been on its way to containerd when the first count was made.
    assert after[1] <= before[1] and after[2] <= before[2] + 1
    assert after[0] - before[0] < 3 * 1024
