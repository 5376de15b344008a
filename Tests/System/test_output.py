"""Every byte of output arrives, in order, before the exit does."""

import hashlib
import os
import subprocess

import pytest

from harness import IMAGE, Output

BLOCKS = 100


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_hundred_megabytes(lab, stream):
    block = os.urandom(1 << 20)
    (lab.folder / "block").write_bytes(block)
    expected = hashlib.sha256()
    for number in range(BLOCKS):
        expected.update(f"{number}\n".encode() + block)
    redirect = ">&2" if stream == "stderr" else ""
    # The number before each block shows blocks that are swapped or repeated.
    script = f"n=0; while [ $n -lt {BLOCKS} ]; do echo $n; cat /data/block; n=$((n+1)); done {redirect}"
    flags = ["--mount", f"type=bind,src={lab.folder},dst=/data,options=rbind:ro"]
    process = lab.spawn("sh", "-c", script, flags=flags, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    outputs = {"stdout": Output(process.stdout), "stderr": Output(process.stderr)}
    code = process.wait(300)
    checksums = {name: output.finish() for name, output in outputs.items()}
    process.stdout.close()
    process.stderr.close()
    other = "stdout" if stream == "stderr" else "stderr"
    length = BLOCKS * len(block) + sum(len(f"{n}\n") for n in range(BLOCKS))
    assert (code, outputs[stream].length) == (0, length)
    assert checksums[stream] == expected.hexdigest()
    assert outputs[other].length == 0


def test_streams_are_kept_apart(lab):
    done = lab.run("sh", "-c", "echo to-out; echo to-err >&2; printf last")
    assert (done.stdout, done.stderr) == ("to-out\nlast", "to-err\n")


def test_binary_output(lab):
    data = bytes(range(256)) * 64
    (lab.folder / "data").write_bytes(data)
    flags = ["--mount", f"type=bind,src={lab.folder}/data,dst=/data,options=rbind:ro"]
    assert lab.run("cat", "/data", flags=flags, text=False).stdout == data


def test_output_of_exec(lab):
    with lab.running() as name:
        done = lab.exec(name, "sh", "-c", "seq 1 20000; echo wrong >&2; exit 4")
    assert done.returncode == 4
    assert done.stdout == "".join(f"{n}\n" for n in range(1, 20001))
    assert done.stderr == "wrong\n"


def test_background_child_does_not_delay_the_exit(lab):
    """A child of a container's first process dies with it; one that keeps the output open must not hang its caller."""
    done = lab.run("sh", "-c", "sleep 1000 & echo started", timeout=90)
    assert (done.returncode, done.stdout) == (0, "started\n")


def test_standard_input_arrives_and_ends(lab):
    """5 MB through the container and back: nothing is lost when the client closes its end, and `cat` ends."""
    sent = bytes(range(256)) * 20_000
    name = lab.name()
    words = ["-n", "default", "run", "--rm", "--runtime", lab.runtime, IMAGE, name, "cat"]
    done = lab.containerd.ctr(*words, input=sent, text=False, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert hashlib.sha256(done.stdout).digest() == hashlib.sha256(sent).digest()
