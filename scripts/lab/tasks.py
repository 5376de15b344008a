"""The task service of a running container, call by call: what `ctr` can't say, or not at the same moment."""

import json
import os
from pathlib import Path

from .private import Containerd
from .ttrpc import Client, RemoteError

SERVICE = "containerd.task.v2.Task"
SPEC_TYPE = "types.containerd.io/opencontainers/runtime-spec/1/Process"
#: gRPC's numbers
OK, UNKNOWN, INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION = 0, 2, 3, 5, 6, 9
DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNIMPLEMENTED, UNAVAILABLE = 4, 8, 12, 14


class Task:
    """One connection to the shim of a container that `ctr` has made. Methods raise `RemoteError`."""

    def __init__(self, containerd: Containerd, container: str, timeout: float = 60):
        self.container = container
        bundle = containerd.inside(f"/run/containerd/io.containerd.runtime.v2.task/default/{container}")
        address = (bundle / "address").read_text().strip().removeprefix("unix://")
        self.client = Client(containerd.inside(address), timeout)

    def __enter__(self) -> "Task":
        return self

    def __exit__(self, *_) -> None:
        self.client.close()

    def call(self, method: str, *fields: tuple[int, object]) -> dict[int, object]:
        return self.client.call(SERVICE, method, [(1, self.container), *fields])

    def exec(self, identifier: str, process: dict, output: Path | str = "", stdin: Path | str = "") -> None:
        """Adds an exec; both of its streams go to one file."""
        terminal = process.get("terminal") is True
        streams = [(4, str(stdin)), (5, str(output)), (6, "" if terminal else str(output))]
        self.call("Exec", (2, identifier), (3, terminal), *streams, (7, [(1, SPEC_TYPE), (2, json.dumps(process))]))

    def start(self, identifier: str = "") -> int:
        return self.call("Start", (2, identifier)).get(1, 0)

    def wait(self, identifier: str = "") -> int:
        return self.call("Wait", (2, identifier)).get(1, 0)

    def kill(self, identifier: str = "", number: int = 9, everyone: bool = False) -> None:
        self.call("Kill", (2, identifier), (3, number), (4, everyone))

    def close_input(self, identifier: str = "") -> None:
        self.call("CloseIO", (2, identifier), (3, True))

    def resize(self, identifier: str, width: int, height: int) -> None:
        self.call("ResizePty", (2, identifier), (3, width), (4, height))

    def delete(self, identifier: str = "") -> int:
        """The exit status."""
        return self.call("Delete", (2, identifier)).get(2, 0)

    def state(self, identifier: str = "") -> int:
        """1 created, 2 running, 3 stopped, 4 paused."""
        return self.call("State", (2, identifier)).get(4, 0)

    def output(self, identifier: str, process: dict, folder: Path) -> tuple[int, str]:
        """Runs an exec from beginning to end: its exit status and its output, which must be short."""
        path = folder / f"{identifier}.out"
        os.mkfifo(path)
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            self.exec(identifier, process, path)
            try:
                self.start(identifier)
                status = self.wait(identifier)
                text = os.read(reader, 1 << 16).decode()
            finally:
                self.delete(identifier)
            return status, text
        finally:
            os.close(reader)
            path.unlink()


def code(call, *arguments) -> int:
    """The gRPC code of a call; 0 if it succeeds."""
    try:
        call(*arguments)
    except RemoteError as error:
        return error.code
    return OK


def process(*command: str, **fields) -> dict:
    """An OCI process that runs as root with nothing but the fields given."""
    base = {"args": list(command), "cwd": "/", "env": ["PATH=/bin:/usr/bin"], "user": {"uid": 0, "gid": 0}}
    return base | fields
