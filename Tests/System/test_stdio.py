"""Streams that nobody reads or writes, that are slow, removed or kept open: rows 18 to 22 of the fault matrix."""

import hashlib
import os
import subprocess
import threading
import time
from pathlib import Path

import pytest

from harness import Output
from lab.tasks import INVALID_ARGUMENT, NOT_FOUND, Task, code, process
from streams import Streams, at_once

pytestmark = pytest.mark.vm

NUMBERS = "".join(f"{n}\n" for n in range(1, 60001)).encode()  # 340 KB: more than all buffers on the way
MEBIBYTE = 1 << 20


@pytest.fixture
def task(lab):
    with lab.running() as name, Task(lab.containerd, name) as task:
        yield task


@pytest.fixture
def streams(lab, task):
    """Adds processes; whatever is left of them goes with the container."""
    made = []

    def add(*command, **fields) -> Streams:
        made.append(Streams(task, lab.folder, f"s{len(made)}", *command, **fields))
        return made[-1]

    yield add
    for one in made:
        one.close()


def usage(lab) -> dict[str, int]:
    shim = Path(f"/proc/{lab.one('containerd-shim-swiftlet-v2').host_pid}")
    lines = dict(line.split(":", 1) for line in (shim / "status").read_text().splitlines())
    memory = int(lines["RssAnon"].split()[0]) * 1024
    return {"memory": memory, "threads": int(lines["Threads"]), "descriptors": len(os.listdir(shim / "fd"))}


# 18: slow and blocked readers


def test_row18_a_blocked_reader_stops_only_its_own_writes(lab, task, streams):
    before = usage(lab)
    blocked = [streams("yes", str(n)) for n in range(4)]
    for one in blocked:
        one.reader()
        task.start(one.name)
    time.sleep(2)  # all that buffers hold has come by now
    assert usage(lab)["memory"] - before["memory"] < 16 * MEBIBYTE
    for one in blocked:
        assert one.quickly("state") == 2
    assert at_once(task.state) == 2
    assert task.output("other", process("echo", "still here"), lab.folder) == (0, "still here\n")
    for one in blocked:
        one.quickly("kill")
        begin = time.monotonic()
        assert task.wait(one.name) == 137
        assert time.monotonic() - begin < 5
        assert one.quickly("state") == 3
        assert one.quickly("delete") == 137


def test_row18_the_first_process_of_a_blocked_client_can_be_killed(lab):
    name = lab.name()
    client = lab.spawn("yes", name=name, stdout=subprocess.PIPE)
    assert client.stdout.read(1 << 16)  # and no more
    with Task(lab.containerd, name) as task:
        time.sleep(1)
        at_once(task.kill)
        begin = time.monotonic()
        assert task.wait() == 137
        assert time.monotonic() - begin < 5
    Output(client.stdout).finish()
    assert client.wait(30) == 137


def test_row18_a_slow_reader_gets_every_byte_before_the_exit(task, streams):
    """Each piece is less than a page: most reads make no room in the FIFO."""
    one = streams("seq", "1", "60000")
    one.reader()
    task.start(one.name)
    slowly = {"most": 3000, "pause": 0.01}
    reading = threading.Thread(
        target=one.until, args=(lambda got: len(got) >= len(NUMBERS), "all"), kwargs=slowly
    )
    reading.start()
    assert task.wait(one.name) == 0
    assert task.delete(one.name) == 0
    reading.join()
    assert one.received == NUMBERS


def test_row18_a_reader_that_wakes_after_the_exit_gets_every_byte(task, streams):
    one = streams("seq", "1", "60000")
    one.reader()
    task.start(one.name)
    begin = time.monotonic()
    # The guest's buffers are smaller than the output: it exits once a part has been read.
    one.until(lambda got: len(got) >= 100_000, "the first part", most=4096, pause=0)
    assert task.wait(one.name) == 0
    assert time.monotonic() - begin < 30
    one.until(lambda got: len(got) >= len(NUMBERS), "the rest")
    assert task.delete(one.name) == 0
    assert one.received == NUMBERS


# 19: FIFOs that are never opened, removed, replaced; input that is never closed


def test_row19_fifos_that_are_never_opened(task, streams):
    one = streams("sh", "-c", "echo nobody reads this; exit 7")
    task.start(one.name)
    assert task.wait(one.name) == 7
    assert one.quickly("delete") == 7


def test_row19_input_that_is_never_opened_can_be_closed(task, streams):
    one = streams("cat")
    task.start(one.name)
    one.quickly("close_input")
    assert task.wait(one.name) == 0
    task.delete(one.name)


def test_row19_fifos_that_are_removed_and_replaced_while_used(task, streams):
    one = streams("cat")
    one.reader(), one.writer()
    task.start(one.name)
    for path in (one.output, one.input):
        path.unlink()
    os.mkfifo(one.output)
    one.input.symlink_to(one.output)
    os.write(one._open[1], b"by the old way\n")
    one.until(lambda got: got == b"by the old way\n", "the output of cat")
    one.quickly("close_input")
    assert task.wait(one.name) == 0
    task.delete(one.name)


@pytest.mark.parametrize("which", ["output", "stdin"])
def test_row19_what_is_no_fifo_is_refused(lab, task, which):
    def add(path) -> int:
        return code(lambda: task.exec("bad", process("true"), **{which: path}))

    plain, folder = lab.folder / "plain", lab.folder / "folder"
    plain.write_text("kept")
    folder.mkdir()
    assert at_once(add, lab.folder / "missing") == NOT_FOUND
    assert at_once(add, plain) == INVALID_ARGUMENT
    assert at_once(add, folder) != 0
    assert plain.read_text() == "kept"


def test_input_outlives_its_writers_until_it_is_closed(task, streams):
    """A client may leave and another come, or containerd be restarted: only CloseIO ends the input."""
    one = streams("cat")
    one.reader()
    task.start(one.name)
    for word in (b"first\n", b"second\n"):
        with open(one.input, "wb") as writer:
            writer.write(word)
        one.until(lambda got, word=word: got.endswith(word), "the output of cat")
        time.sleep(0.3)
    assert task.state(one.name) == 2
    one.quickly("close_input")
    assert task.wait(one.name) == 0
    task.delete(one.name)
    assert one.received == b"first\nsecond\n"


def test_closed_input_is_read_to_its_end_by_a_slow_process(task, streams):
    """What is on its way when the input is closed arrives, however late the process reads."""
    one = streams("sh", "-c", "sleep 1; wc -c")
    one.reader()
    task.start(one.name)
    with open(one.input, "wb") as writer:
        feeding = threading.Thread(target=lambda: (writer.write(NUMBERS), writer.flush()))
        feeding.start()
        time.sleep(0.3)
        one.quickly("close_input")
        feeding.join()
    assert task.wait(one.name) == 0
    task.delete(one.name)
    one.take()
    assert one.received.strip() == str(len(NUMBERS)).encode()


def test_a_process_that_never_reads_delays_nothing(task, streams):
    one = streams("sleep", "1000")
    task.start(one.name)
    os.set_blocking(one.writer(), False)
    with pytest.raises(BlockingIOError):
        for _ in range(100):
            os.write(one._open[0], bytes(65536))
            time.sleep(0.02)
        raise AssertionError("6 MB went somewhere")
    one.quickly("close_input")
    one.quickly("kill")
    assert task.wait(one.name) == 137
    assert one.quickly("delete") == 137


# 20: much output


def test_row20_both_streams_at_once(lab):
    """64 MiB on each, different, in blocks of odd sizes."""
    script = "dd if=/dev/zero bs=65521 count=1024 2>/dev/null & yes 0123456789 | head -c 67108864 >&2; wait"
    client = lab.spawn("sh", "-c", script, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = Output(client.stdout), Output(client.stderr)
    assert client.wait(300) == 0
    assert (out.length, out.finish()) == (65521 * 1024, hashlib.sha256(bytes(65521 * 1024)).hexdigest())
    text = (b"0123456789\n" * (67108864 // 11 + 1))[:67108864]
    assert (err.length, err.finish()) == (len(text), hashlib.sha256(text).hexdigest())


@pytest.mark.parametrize("count", [20_000, pytest.param(1_000_000, marks=pytest.mark.long)])
def test_row20_one_byte_at_a_time(lab, count):
    (lab.folder / "data").write_bytes(data := os.urandom(count))
    flags = ["--mount", f"type=bind,src={lab.folder},dst=/data,options=rbind:ro"]
    done = lab.run("dd", "if=/data/data", "bs=1", flags=flags, text=False, timeout=600)
    assert done.returncode == 0
    assert done.stdout == data


# 21: the last bytes


def test_row21_all_output_is_there_when_the_exit_is_told(task, streams):
    """Nothing is read before the answer to Wait; all of it fits into the FIFO."""
    for number in range(15):
        one = streams("sh", "-c", f"seq 1 10000; echo last >&2; exit {number}")
        one.reader()
        task.start(one.name)
        assert task.wait(one.name) == number
        one.take()
        assert len(one.received) == len("".join(f"{n}\n" for n in range(1, 10001))) + 5
        assert b"last\n" in one.received
        assert task.delete(one.name) == number


# 22: children that keep the output open


@pytest.mark.parametrize("child", ["sleep 1000", "while :; do echo x; sleep 0.1; done", "yes"])
def test_row22_a_child_that_keeps_the_output_does_not_delay_the_exit(task, streams, child):
    one = streams("sh", "-c", f"({child}) & echo started; exit 3")
    one.reader()
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set():
            if not one.take():
                time.sleep(0.01)

    reading = threading.Thread(target=read)
    reading.start()
    try:
        task.start(one.name)
        begin = time.monotonic()
        assert task.wait(one.name) == 3
        took = time.monotonic() - begin
        assert one.quickly("delete") == 3
    finally:
        ended.set()
        reading.join()
    assert took < 8  # the patience with output that moves is ten
    assert b"started\n" in one.received


def test_row22_many_such_children_leave_nothing_in_the_shim(lab, task, streams):
    def one_more() -> None:
        one = streams("sh", "-c", "sleep 1000 & echo started")
        task.start(one.name)
        assert task.wait(one.name) == 0
        assert task.delete(one.name) == 0

    one_more()
    before = usage(lab)
    for _ in range(15):
        one_more()
    after = usage(lab)
    assert (after["threads"], after["descriptors"]) == (before["threads"], before["descriptors"])
    assert after["memory"] - before["memory"] < MEBIBYTE


# Terminals


def test_terminal_control_characters(task, streams):
    """Ctrl-C is a signal for what runs in the terminal, Ctrl-D the end of what it reads."""
    script = "trap 'echo interrupted' INT; echo ready; cat; cat; echo over"
    one = streams("sh", "-c", script, terminal=True)
    one.reader()
    task.start(one.name)
    writer = one.writer()
    one.until(lambda got: b"ready\r\n" in got, "the first words")
    time.sleep(0.3)
    os.write(writer, b"\x03")
    one.until(lambda got: b"interrupted" in got, "the answer to Ctrl-C")
    os.write(writer, b"a line\n\x04")
    one.until(lambda got: b"over" in got, "the end after Ctrl-D")
    assert task.wait(one.name) == 0
    task.delete(one.name)
    assert one.received.count(b"a line\r\n") == 2  # echoed, and written by cat
