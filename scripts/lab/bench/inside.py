"""The stopwatch: runs inside the private containerd's namespaces, so that only what is measured lies between two looks
at the clock, and not the way in.

One order as JSON per line on standard input, one answer on standard output: `run` starts a program and waits for its
end, `boot` starts a virtual machine with nothing around it and waits for its agent.
"""

import json
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

#: higher than any number that a program is given, so that giving one never overwrites the next
SPARE = 200


def spawn(executable: str, argv: list[str], environment: dict, descriptors: dict[int, int]) -> int:
    """Starts a program with exactly these descriptors."""
    spare = {target: os.dup2(source, SPARE + target, False) for target, source in descriptors.items()}
    try:
        actions = [(os.POSIX_SPAWN_DUP2, source, target) for target, source in spare.items()]
        return os.posix_spawn(executable, argv, environment, file_actions=actions, setsid=True)
    finally:
        for source in spare.values():
            os.close(source)


def ended(pid: int, limit: float) -> int:
    """The exit status; the program is killed when the limit has passed."""
    pidfd = os.pidfd_open(pid)
    try:
        if not select.select([pidfd], [], [], limit)[0]:
            os.kill(pid, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    finally:
        os.close(pidfd)


def run(order: dict) -> dict:
    """Time from before exec to the exit; with `count`, also the bytes of standard output and how long they took from
    the first to the last."""
    environment = order.get("environment", dict(os.environ))
    executable = shutil.which(order["argv"][0], path=environment["PATH"]) or order["argv"][0]
    limit = order.get("limit", 120)
    answer: dict = {}
    os.chdir(order.get("folder", "/"))
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors, open(os.devnull, "rb") as null:
        descriptors = {0: null.fileno(), 1: output.fileno(), 2: errors.fileno()}
        reader = -1
        if order.get("count"):
            reader, descriptors[1] = os.pipe()
        begin = time.monotonic()
        pid = spawn(executable, order["argv"], environment, descriptors)
        if reader >= 0:
            os.close(descriptors[1])
            answer |= count(reader, begin + limit)
        answer["status"] = ended(pid, max(0.0, begin + limit - time.monotonic()))
        answer["seconds"] = time.monotonic() - begin
        for name, file in (("output", output), ("errors", errors)):
            file.seek(0)
            answer[name] = file.read(1 << 16).decode(errors="replace")
    os.chdir("/")
    return answer


def count(reader: int, deadline: float) -> dict:
    total, first, last = 0, 0.0, 0.0
    try:
        while select.select([reader], [], [], max(0.0, deadline - time.monotonic()))[0]:
            data = os.read(reader, 1 << 20)
            if not data:
                break
            last = time.monotonic()
            first = first or last
            total += len(data)
    finally:
        os.close(reader)
    return {"bytes": total, "transfer": last - first}


def boot(order: dict) -> dict:
    """Starts the daemons and then the machine as the shim does; the time is from before the machine's exec until the
    line that begins with `until` has come on the console. Gives that line too."""
    with ExitStack() as stack:
        folder = Path(order["folder"])
        (folder / "empty").mkdir(parents=True)
        stack.callback(shutil.rmtree, folder)
        errors = stack.enter_context(tempfile.TemporaryFile())
        null = stack.enter_context(open(os.devnull, "r+b"))
        standard = {0: null.fileno(), 1: null.fileno(), 2: errors.fileno()}

        def start(executable: str, argv: list[str], more: dict[int, int]) -> int:
            pid = spawn(executable, argv, {}, standard | more)
            stack.callback(lambda: (os.kill(pid, signal.SIGKILL), os.waitpid(pid, 0)))
            return pid

        share = stack.enter_context(listener(order["share"]))
        start(order["virtiofsd"][0], order["virtiofsd"][1], {3: share.fileno()})
        start(order["vsock daemon"][0], order["vsock daemon"][1], {})
        wait_for(order["vsock"])
        given, ours = {}, {}
        for text, purpose in order["descriptors"].items():
            end, our = descriptor(purpose, order)
            given[int(text)] = stack.enter_context(end).fileno()
            if our is not None:
                ours[purpose] = stack.enter_context(our)
        argv = order["argv"]
        begin = time.monotonic()
        machine = start(argv[0], argv, given)
        line = wait_for_line(order["until"].encode(), machine, begin + order.get("limit", 60), ours["console"])
        if line is not None:
            return {"seconds": time.monotonic() - begin, "line": line}
        errors.seek(0)
        said = errors.read(2000).decode(errors="replace").strip() or "nothing"
        return {"error": f"a bare boot did not come to '{order['until']}'; the machine and its daemons said: {said}"}


def descriptor(purpose: str, order: dict) -> tuple[socket.socket, socket.socket | None]:
    """What the machine gets for a purpose, and our own end if there is one."""
    if purpose == "control":
        end = listener(order["control"])
        control = connection(order["control"])
        os.unlink(order["control"])
        return end, control
    if purpose == "console":
        end, console = socket.socketpair()
        return end, console
    return connection(order[purpose]), None


def listener(path: str) -> socket.socket:
    end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    end.bind(path)
    end.listen(1)
    return end


def connection(path: str, timeout: float | None = None) -> socket.socket:
    end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    end.settimeout(timeout)
    try:
        end.connect(path)
    except OSError:
        end.close()
        raise
    return end


def wait_for(path: str) -> None:
    """Waits for a socket to appear; the first connection to it must be the machine's."""
    deadline = time.monotonic() + 10
    while not os.path.exists(path):
        if time.monotonic() > deadline:
            raise TimeoutError(f"'{path}' does not appear")
        time.sleep(0.002)


def wait_for_line(begin: bytes, machine: int, deadline: float, console: socket.socket) -> str | None:
    """Waits for a line of the console; None when the machine has ended, or the deadline has passed, before it came."""
    said = b""
    console.setblocking(False)
    while os.waitid(os.P_PID, machine, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None and time.monotonic() < deadline:
        if select.select([console], [], [], 0.1)[0]:
            said += console.recv(1 << 16)
            for line in said.split(b"\n")[:-1]:
                if line.startswith(begin):
                    return line.decode(errors="replace").strip()
    return None


def main() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = {"run": run, "boot": boot}[order["do"]](order)
        except OSError as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
