"""As much of ttrpc and of the task service as it takes to drive a shim without containerd, well or badly."""

import json
import os
import re
import socket
import subprocess
from pathlib import Path

from .private import ADDRESS, SWIFTLET, Containerd
from .wire import decode, encode, frame, split_header


class RemoteError(Exception):
    """A call that was answered with a status."""

    def __init__(self, code: int, message: str):
        super().__init__(f"{message} (code {code})")
        self.code, self.message = code, message


class Client:
    """One connection, one call at a time."""

    def __init__(self, path: Path | str, timeout: float = 60):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        self._socket.connect(str(path))
        self._stream = -1

    def call(self, service: str, method: str, fields: list[tuple[int, object]]) -> dict[int, object]:
        self._stream += 2
        body = encode([(1, service), (2, method), (3, encode(fields))])
        self._socket.sendall(frame(body, self._stream, 1))
        length, _, _ = split_header(self._receive(10))
        answer = decode(self._receive(length))
        status = decode(answer.get(1, b""))
        if status.get(1):
            raise RemoteError(status[1], bytes(status.get(2, b"")).decode(errors="replace"))
        return decode(answer.get(2, b""))

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def _receive(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self._socket.recv(count - len(data))
            if not part:
                raise ConnectionError("the connection was closed")
            data += part
        return data

    def close(self) -> None:
        self._socket.close()


class Shim:
    """A shim that is started by hand in a bundle of the test's making, inside a private containerd's namespaces."""

    def __init__(self, containerd: Containerd, identifier: str, bundle: Path, runtime: str = SWIFTLET, program: Path | None = None):
        self.containerd, self.identifier, self.bundle = containerd, identifier, bundle
        name, version = runtime.split(".")[-2:]
        self.program = program or f"containerd-shim-{name}-{version}"
        self.address = ""
        #: the words that run the verbs, such as a tracer's
        self.prefix: list[str] = []

    def _words(self, verb: str, flags: tuple[str, ...]) -> list[str]:
        common = ["-namespace", "default", "-address", ADDRESS, "-publish-binary", "containerd", "-id", self.identifier]
        # env runs in the bundle and finds the program on the PATH that is given.
        return ["env", "-C", str(self.bundle), *self.prefix, str(self.program), *common, *flags, verb]

    def _settings(self, environment: dict[str, str]) -> dict[str, str]:
        return self.containerd.environment | {"TTRPC_ADDRESS": f"{ADDRESS}.ttrpc", "GRPC_ADDRESS": ADDRESS} | environment

    def verb(self, verb: str, *flags: str, timeout: float = 60, **environment: str) -> subprocess.CompletedProcess:
        """Runs `start` or `delete` as containerd 1.6 would."""
        # `delete` answers a message in bytes.
        options = {"errors": "replace", "env": self._settings(environment), "timeout": timeout}
        return self.containerd.execute(*self._words(verb, flags), check=False, **options)

    def popen_verb(self, verb: str, *flags: str, **environment: str) -> subprocess.Popen:
        """The same in the background; the caller waits for it."""
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return self.containerd.popen(*self._words(verb, flags), env=self._settings(environment), **pipes)

    def start(self, **environment: str) -> subprocess.CompletedProcess:
        done = self.verb("start", **environment)
        if match := re.search(r"unix://([^\"\s]+)", done.stdout):
            self.address = match[1]
        return done

    def delete(self) -> subprocess.CompletedProcess:
        return self.verb("delete", "-bundle", str(self.bundle))

    def client(self, timeout: float = 60) -> Client:
        return Client(self.containerd.inside(self.address), timeout)

    def create(
        self, client: Client, rootfs: Path | None = None, stdio: tuple[str, str, str] = ("", "", "")
    ) -> dict[int, object]:
        """Create, with a bind mount as the root file system."""
        mounts = []
        if rootfs is not None:
            mounts = [(3, [(1, "bind"), (2, str(rootfs)), (4, "rbind"), (4, "rw")])]
        streams = [(5, stdio[0]), (6, stdio[1]), (7, stdio[2])]
        return self.task(client, "Create", (2, str(self.bundle)), *mounts, *streams)

    def task(self, client: Client, method: str, *fields: tuple[int, object]) -> dict[int, object]:
        """Any other call that names the container first."""
        return client.call("containerd.task.v2.Task", method, [(1, self.identifier), *fields])

    def shutdown(self, client: Client) -> None:
        try:
            self.task(client, "Shutdown", (2, True))
        except (ConnectionError, OSError):
            pass  # it may leave before its answer is read


def make_bundle(folder: Path, specification: object) -> Path:
    """A bundle; the specification is an object, raw bytes, or None for no config.json at all."""
    (folder / "rootfs").mkdir(parents=True)
    if specification is not None:
        raw = specification if isinstance(specification, bytes) else json.dumps(specification).encode()
        (folder / "config.json").write_bytes(raw)
    # containerd makes this FIFO and reads it; without a reader a shim that opens it for writing would block.
    os.mkfifo(folder / "log")
    return folder
