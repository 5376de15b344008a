"""Pause, resume, update, statistics, terminals, lack of memory, waiting: what can be done to a task that runs."""

import os
import threading
import time

import pytest
from task_api import CREATED, PAUSED, RUNNING, STOPPED, ManyCalls, Task

from lab.tasks import FAILED_PRECONDITION, INVALID_ARGUMENT, code, process
from lab.ttrpc import RemoteError

COUNTING = "while :; do echo x >> /mnt/ticks; sleep 0.05; done"


def counting(lab):
    """A container that makes a file of the host longer as long as it runs."""
    flags = ["--mount", f"type=bind,src={lab.folder},dst=/mnt,options=rbind:rw"]
    return lab.running("sh", "-c", COUNTING, flags=flags)


def size(lab) -> int:
    path = lab.folder / "ticks"
    return path.stat().st_size if path.exists() else 0


def grows(lab) -> bool:
    before = size(lab)
    for _ in range(100):
        time.sleep(0.05)
        if size(lab) > before:
            return True
    return False


def test_pause_and_resume(lab):
    with counting(lab) as name:
        lab.wait_until(lambda: size(lab), "the container's first step", 60)
        ctr = lab.containerd.ctr
        assert ctr("task", "pause", name, check=False).returncode == 0
        assert lab.status(name) == "PAUSED"
        # What was written before may still be on its way.
        time.sleep(0.5)
        before = size(lab)
        time.sleep(1)
        assert size(lab) == before
        assert ctr("task", "pause", name, check=False).returncode != 0
        refused = lab.exec(name, "true")
        assert refused.returncode != 0 and "paused" in refused.stderr
        assert ctr("task", "resume", name, check=False).returncode == 0
        assert lab.status(name) == "RUNNING"
        assert grows(lab)
        assert ctr("task", "resume", name, check=False).returncode != 0
        assert lab.exec(name, "true").returncode == 0
        topics = [event.topic for event in lab.recorder.since(lab.mark, name)]
        assert [topic for topic in topics if topic in ("/tasks/paused", "/tasks/resumed")] == ["/tasks/paused", "/tasks/resumed"]


def test_kill_of_a_paused_container(lab):
    with counting(lab) as name:
        lab.wait_until(lambda: size(lab), "the container's first step", 60)
        lab.containerd.ctr("task", "pause", name)
        assert lab.kill(name, "SIGKILL").returncode == 0
        assert lab.recorder.wait_for(lab.mark, "/tasks/exit", name, 20).fields["exit_status"] == 137
        lab.wait_until(lambda: lab.status(name) == "STOPPED", "the end of the container")


@pytest.mark.vm
def test_codes_of_pause_and_resume(lab):
    """The state is told of execs too; a refused call changes nothing."""
    with lab.running() as name, Task(lab, name) as task:
        task.exec("before", process("true"))
        task.exec("endless", process("sleep", "1000"))
        task.start("endless")
        task.call("Pause")
        assert [task.state(one) for one in ("", "endless", "before")] == [PAUSED, PAUSED, CREATED]
        for refused in (
            lambda: task.call("Pause"),
            lambda: task.start("before"),
            lambda: task.exec("new", process("true")),
        ):
            with pytest.raises(RemoteError) as error:
                refused()
            assert error.value.code == FAILED_PRECONDITION
            assert "resume it first" in error.value.message
        assert code(task.delete) == FAILED_PRECONDITION
        # A process of a container that stands still can be killed all the same.
        task.kill("endless")
        assert task.end_exec("endless") == 137
        assert task.state() == PAUSED
        task.call("Resume")
        assert code(task.call, "Resume") == FAILED_PRECONDITION
        assert task.state() == RUNNING
        task.start("before")
        assert task.end_exec("before") == 0
        task.kill()
        task.wait()
        assert [code(task.call, method) for method in ("Pause", "Resume")] == [FAILED_PRECONDITION] * 2


@pytest.mark.vm
def test_what_takes_memory_is_told_before_its_end(lab):
    """OOM: TaskOOM, then TaskExit with 137."""
    name = lab.name()
    words = ["--memory-limit", 64 << 20]
    done = lab.run("dd", "if=/dev/zero", "of=/dev/null", "bs=200M", "count=1", name=name, flags=words)
    assert done.returncode == 137
    topics = [event.topic for event in lab.recorder.since(lab.mark, name)]
    assert topics.count("/tasks/oom") == 1, topics
    assert topics.index("/tasks/oom") < topics.index("/tasks/exit"), topics


@pytest.mark.vm
def test_lack_of_memory_of_an_exec(lab):
    """Each kill is told; the container lives on."""
    with lab.running(flags=["--memory-limit", 64 << 20]) as name:
        for count in (1, 2):
            assert lab.exec(name, "dd", "if=/dev/zero", "of=/dev/null", "bs=200M", "count=1").returncode == 137
            lab.wait_until(
                lambda: [e.topic for e in lab.recorder.since(lab.mark, name)].count("/tasks/oom") == count,
                f"{count} events",
            )
        assert lab.status(name) == "RUNNING"
        assert Task(lab, name).metrics().inside(8)[5] == 2


@pytest.mark.vm
def test_a_hundred_wait(lab):
    """All get one answer, and so does who asks afterwards."""
    with lab.running() as name:
        connections = [ManyCalls(Task(lab, name).client) for _ in range(4)]
        for calls in connections:
            calls.send("Wait", [(1, name)], 25)
        task = Task(lab, name)
        assert task.state() == RUNNING
        task.kill(number=15, everyone=True)
        task.kill(everyone=True)
        late = task.call("Wait")
        answers = [answer for calls in connections for answer in calls.answers()]
        assert len(answers) == 100
        assert all(answer == late for answer in answers)
        report = task.report()
        assert (report[4], report[9], report[10]) == (STOPPED, 137, late[2])


@pytest.mark.vm
def test_events_of_a_life_in_their_order(lab):
    with lab.running() as name:
        lab.containerd.ctr("task", "pause", name)
        lab.containerd.ctr("task", "resume", name)
        assert lab.exec(name, "true").returncode == 0
    lab.recorder.wait_for(lab.mark, "/tasks/delete", name)
    lab.wait_until(lambda: lab.recorder.since(lab.mark, name)[-1].process == "", "the last event")
    told = [(event.topic.removeprefix("/tasks/"), bool(event.process)) for event in lab.recorder.since(lab.mark, name)]
    container = ["create", "start", "paused", "resumed", "exit", "delete"]
    assert [topic for topic, is_exec in told if not is_exec] == container
    assert [topic for topic, is_exec in told if is_exec] == ["exec-added", "exec-started", "exit", "delete"]
    assert told.index(("resumed", False)) < told.index(("exec-added", True))
    assert told.index(("delete", True)) < told.index(("exit", False))


@pytest.mark.vm
def test_state_of_execs(lab):
    with lab.running() as name, Task(lab, name) as task:
        task.exec("more", process("sh", "-c", "exit 3"))
        report = task.report("more")
        assert (report[4], report[11]) == (CREATED, b"more")
        assert 10 not in report
        task.start("more")
        answer = task.call("Wait", (2, "more"))
        report = task.report("more")
        assert (report[4], report[9], report[10]) == (STOPPED, 3, answer[2])
        assert task.delete("more") == 3
        assert task.call("Pids")[1]
        assert task.call("Connect")[2] == task.report()[3]


def read(fifo: int, until: bytes, seconds: float = 60) -> bytes:
    """From a FIFO that does not block."""
    end, data = time.monotonic() + seconds, b""
    while until not in data:
        assert time.monotonic() < end, data
        try:
            data += os.read(fifo, 4096)
        except BlockingIOError:
            pass
        time.sleep(0.02)
    return data


@pytest.mark.vm
def test_size_of_a_terminal(lab):
    """Of an exec: before its start, afterwards, after its end; and of one that has no terminal."""
    with lab.running() as name, Task(lab, name) as task:

        def resize(identifier, columns, rows):
            task.call("ResizePty", (2, identifier), (3, columns), (4, rows))

        path = lab.folder / "terminal"
        os.mkfifo(path)
        fifo = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        script = "stty size; trap 'stty size' WINCH; while :; do sleep 0.1; done"
        try:
            task.exec("tty", process("sh", "-c", script, terminal=True), path)
            resize("tty", 91, 31)
            task.start("tty")
            read(fifo, b"31 91")
            resize("tty", 92, 32)
            read(fifo, b"32 92")
            assert code(resize, "tty", 1 << 16, 32) == INVALID_ARGUMENT
            task.kill("tty")
            task.wait("tty")
            assert code(resize, "tty", 80, 24) == FAILED_PRECONDITION
            task.delete("tty")
            resize("", 80, 24)
        finally:
            os.close(fifo)


@pytest.mark.vm
def test_checkpoint_is_refused_with_advice(lab):
    with lab.running() as name:
        done = lab.containerd.ctr("task", "checkpoint", name, check=False)
        assert done.returncode != 0 and "pause it instead" in done.stderr
        assert lab.status(name) == "RUNNING"


@pytest.mark.vm
def test_pause_ends_with_the_machine(lab):
    """A machine that is lost while the guest has not yet answered."""
    with lab.running() as name:
        machine = lab.one("qemu-system")
        task = Task(lab, name)
        os.kill(machine.host_pid, 19)
        outcome = []

        def pause():
            try:
                outcome.append(task.call("Pause"))
            except RemoteError as error:
                outcome.append(error)

        thread = threading.Thread(target=pause)
        thread.start()
        time.sleep(0.5)
        os.kill(machine.host_pid, 9)
        thread.join(20)
        assert not thread.is_alive()
        assert isinstance(outcome[0], RemoteError), outcome
        assert lab.recorder.wait_for(lab.mark, "/tasks/exit", name).fields["exit_status"] == 137
        assert Task(lab, name).state() == STOPPED


def test_ctr_shows_the_metrics(lab):
    with lab.running() as name:
        shown = lab.containerd.ctr("task", "metrics", name)
        assert shown.returncode == 0 and "memory." in shown.stdout
