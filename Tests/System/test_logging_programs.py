"""`binary://` and `file://`: programs and files of the host that take a container's output."""

import json
import os
import signal
import stat
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest

pytestmark = pytest.mark.vm

#: Writes down how it was started, then each stream into a file, and its exit.
LOGGER = """\
#!/usr/bin/python3 -IS
import json, os, sys, threading, time
folder = os.path.dirname(sys.argv[0])
say = {arg: sys.argv[n + 1] for n, arg in enumerate(sys.argv) if n % 2}
started = {"argv": sys.argv[1:], "environment": dict(os.environ), "descriptors": {}, "pid": os.getpid()}
for fd in map(int, os.listdir("/proc/self/fd")):
    try:
        started["descriptors"][fd] = os.readlink(f"/proc/self/fd/{fd}").split(":")[0]
    except OSError:
        pass
name = f"{folder}/{os.environ['CONTAINER_ID']}"
with open(f"{name}.started", "w") as file:
    json.dump(started, file)
if "fail" in say:
    print("no disk today", file=sys.stderr)
    sys.exit(3)
if "never-ready" not in say:
    os.write(5, b"x") if "write" in say else None
    os.close(5)

def copy(fd, path):
    with open(path, "wb") as file:
        while data := os.read(fd, 4096):
            file.write(data)
            file.flush()
            time.sleep(float(say.get("pause", 0)))
            if "die" in say:
                os._exit(4)

threads = [threading.Thread(target=copy, args=(fd, f"{name}.{fd}")) for fd in (3, 4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
os.rename(f"{name}.started", f"{name}.ended")
"""


class Logging:
    """The program of this file in the test's folder."""

    def __init__(self, lab):
        self.lab, self.folder = lab, lab.folder
        self.program = lab.folder / "logger"
        self.program.write_text(LOGGER)
        self.program.chmod(0o755)

    def flags(self, **arguments: str) -> list[str]:
        query = f"?{urlencode(arguments)}" if arguments else ""
        return ["--log-uri", f"binary://{self.program}{query}"]

    def started(self, name: str) -> dict:
        """How the program of a container was started, once it has ended."""
        path = self.folder / f"{name}.ended"
        self.lab.wait_until(path.exists, f"the end of the logging program of {name}")
        return json.loads(path.read_text())

    def output(self, name: str, descriptor: int = 3) -> str:
        return (self.folder / f"{name}.{descriptor}").read_text()


@pytest.fixture
def logging(lab):
    return Logging(lab)


def test_logging_program_gets_both_streams_and_what_the_contract_says(lab, logging):
    name = lab.name()
    done = lab.run("sh", "-c", "echo out; echo err >&2", name=name, flags=logging.flags(color="light blue", flag=""))
    assert done.returncode == 0, done.stderr
    started = logging.started(name)
    assert started["argv"] == ["color", "light blue", "flag", ""]
    # PATH and the like are not handed on; Python adds LC_CTYPE to its own.
    environment = {key: value for key, value in started["environment"].items() if key != "LC_CTYPE"}
    assert environment == {"CONTAINER_ID": name, "CONTAINER_NAMESPACE": "default"}
    null, pipe = "/dev/null", "pipe"
    expected = {"0": null, "1": null, "2": pipe, "3": pipe, "4": pipe, "5": pipe}
    assert {fd: held for fd, held in started["descriptors"].items() if int(fd) < 6} == expected
    # The sixth is the folder that the program itself reads, closed when it is looked at.
    assert set(started["descriptors"]) == set(expected)
    assert (logging.output(name), logging.output(name, 4)) == ("out\n", "err\n")


def test_logging_program_that_is_slow_gets_the_last_byte(lab, logging):
    """300 KB at 4 KiB per 20 ms: far more than the pipes hold is left at the exit."""
    name = lab.name()
    done = lab.run("seq", "1", "60000", name=name, flags=logging.flags(pause="0.02", write="yes"))
    assert done.returncode == 0, done.stderr
    logging.started(name)
    assert logging.output(name) == "".join(f"{n}\n" for n in range(1, 60001))


def test_logging_program_outlives_the_machine_until_it_has_read_all(lab, logging):
    name = lab.name()
    text = "".join(f"{n}\n" for n in range(1, 6001))
    words = ["-n", "default", "run", "-d", "--runtime", lab.runtime, *logging.flags(pause="0.05")]
    lab.containerd.ctr(*words, "swiftlet.test/busybox:latest", name, "sh", "-c", "seq 1 6000; sleep 1000")
    lab.wait_until(lambda: (logging.folder / f"{name}.3").exists(), "the first output")
    time.sleep(0.5)  # the rest is in the pipe then, and the program has read a part of it
    os.kill(lab.one("qemu-system").host_pid, signal.SIGKILL)
    logging.started(name)
    assert logging.output(name) == text
    lab.remove(name)


def test_logging_program_ends_with_the_shim(lab, logging):
    name = lab.name()
    words = ["-n", "default", "run", "-d", "--runtime", lab.runtime, *logging.flags()]
    lab.containerd.ctr(*words, "swiftlet.test/busybox:latest", name, "sh", "-c", "echo first; sleep 1000")
    lab.wait_until(lambda: (logging.folder / f"{name}.3").exists() and logging.output(name), "the first output")
    os.kill(lab.one("containerd-shim-swiftlet-v2").host_pid, signal.SIGKILL)
    logging.started(name)
    assert logging.output(name) == "first\n"
    lab.remove(name)


@pytest.mark.parametrize("how, said", [("fail", "exited with 3"), ("never-ready", "within 10")])
def test_logging_program_that_is_not_ready_fails_the_container(lab, logging, how, said):
    begin = time.monotonic()
    done = lab.run("true", flags=logging.flags(**{how: "yes"}))
    assert done.returncode != 0
    assert str(logging.program) in done.stderr and said in done.stderr
    assert ("no disk today" in done.stderr) == (how == "fail")
    assert time.monotonic() - begin < 60
    started = [json.loads(path.read_text()) for path in logging.folder.glob("*.started")]
    assert len(started) == 1


@pytest.mark.parametrize("uri", ["binary:///no/such/program", "binary:///etc/passwd", "file:///no/such/folder/log"])
def test_what_can_not_be_opened_is_named(lab, uri):
    done = lab.run("true", flags=["--log-uri", uri])
    assert done.returncode != 0
    assert uri.split("://")[1] in done.stderr


def test_logging_program_that_dies_stops_nothing(lab, logging):
    """What it has not read is lost, and said so; the container runs to its end."""
    name = lab.name()
    done = lab.run("sh", "-c", "seq 1 100000; exit 5", name=name, flags=logging.flags(die="yes"))
    assert done.returncode == 5
    assert "logging program ended before the output" in lab.log()
    assert "exited with 4" in lab.log()


def test_logging_program_of_an_exec(lab, logging):
    with lab.running() as name:
        done = lab.exec(name, "sh", "-c", "echo from-exec; echo wrong >&2; exit 3", flags=logging.flags())
        assert done.returncode == 3
        (path,) = lab.wait_until(lambda: list(logging.folder.glob("*.ended")), "the end of the logging program")
        assert (logging.output(path.stem), logging.output(path.stem, 4)) == ("from-exec\n", "wrong\n")


def test_file_takes_both_streams_and_is_appended_to(lab):
    path = lab.folder / "a file.log"
    flags = ["--log-uri", f"file://{lab.folder}/a%20file.log"]
    for number in (1, 2):
        done = lab.run("sh", "-c", f"echo out {number}; echo err {number} >&2", flags=flags)
        assert done.returncode == 0, done.stderr
    assert sorted(path.read_text().splitlines()) == ["err 1", "err 2", "out 1", "out 2"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_file_on_a_full_disk_stops_nothing(lab):
    """/dev/full refuses every byte: the container ends as it would, and the log says what was dropped."""
    done = lab.run("sh", "-c", "seq 1 100000; exit 6", flags=["--log-uri", "file:///dev/full"])
    assert done.returncode == 6
    assert "output dropped" in lab.log() and "/dev/full" in lab.log()
