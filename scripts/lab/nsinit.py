"""PID 1 of the namespaces of a private containerd: prepares them, starts containerd on order, reaps, ends on order.

Orders come on standard input, answers go to standard output, one line each:
`start=PROGRAM` → `started PID`; when containerd ends, unasked: `ended STATUS`. End of input ends the namespaces.
"""

import json
import os
import selectors
import signal
import subprocess
import sys


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def prepare() -> None:
    # Shared like on a real host: a shim that relies on private mounts, or leaks into the host's tree, shows.
    mount("--make-rshared", "/")
    for folder, mode in (("/run", "0755"), ("/dev/shm", "1777")):
        mount("-t", "tmpfs", "-o", f"mode={mode}", "tmpfs", folder)
    hierarchies = [line.split(" - ") for line in open("/proc/self/mountinfo").read().splitlines()]
    for left, right in hierarchies:
        kind, _, options = right.split(" ")[:3]
        if kind not in ("cgroup", "cgroup2"):
            continue
        # The hierarchy again, as this cgroup namespace sees it: with our folder as the root.
        point = left.split()[4]
        subprocess.run(["umount", point], check=True)
        keep = [o for o in options.split(",") if o not in ("rw", "ro") and not o.startswith("release_agent")]
        mount("-t", kind, *(["-o", ",".join(keep)] if kind == "cgroup" else []), "cgroup", point)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def main() -> None:
    job = json.loads(sys.argv[1])
    prepare()
    wake, wakened = os.pipe()
    os.set_blocking(wakened, False)
    signal.set_wakeup_fd(wakened)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    selector = selectors.DefaultSelector()
    selector.register(0, selectors.EVENT_READ)
    selector.register(wake, selectors.EVENT_READ)
    daemon = None
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            data = os.read(key.fd, 4096)
            if key.fd == wake:
                continue
            if not data:
                return
            for order in data.decode().split():
                if order.startswith("start="):
                    daemon = start(job, order.removeprefix("start="))
                    print(f"started {daemon}", flush=True)
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            if pid == daemon:
                daemon = None
                print(f"ended {os.waitstatus_to_exitcode(status)}", flush=True)


def start(job: dict, program: str) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        null = os.open("/dev/null", os.O_RDONLY)
        for source, target in ((null, 0), (log, 1), (log, 2)):
            os.dup2(source, target)
        os.closerange(3, 1024)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.chdir("/")
        os.execve(program, [program, *job["arguments"]], job["environment"])
    finally:
        os._exit(127)


if __name__ == "__main__":
    main()
