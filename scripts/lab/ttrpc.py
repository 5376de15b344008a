"""As much of ttrpc and of the task service as it takes to drive a shim without containerd, well or badly."""

import json
import os
import re
import socket
import struct
import subprocess
from pathlib import Path

from .private import ADDRESS, SWIFTLET, Containerd


class RemoteError(Exception):
    """A call that was answered with a status."""

    def __init__(self, code: int, message: str):
        super().__init__(f"{message} (code {code})")
        self.code, self.message = code, message


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def encode(fields: list[tuple[int, object]]) -> bytes:
    """A message: numbers and booleans as varints, text, bytes and lists of fields as length-delimited."""
    out = b""
    for number, value in fields:
        if isinstance(value, (bool, int)):
            if value:
                out += varint(number << 3) + varint(int(value))
            continue
        data = encode(value) if isinstance(value, list) else value.encode() if isinstance(value, str) else value
        if data:
            out += varint(number << 3 | 2) + varint(len(data)) + data
    return out


def decode(data: bytes) -> dict[int, object]:
    """Fields by number (the last one of each): ints, or bytes of what is length-delimited."""

    def number(at: int) -> tuple[int, int]:
        value = shift = 0
        while True:
            byte = data[at]
            value, at, shift = value | (byte & 0x7F) << shift, at + 1, shift + 7
            if byte < 0x80:
                return value, at

    found, at = {}, 0
    while at < len(data):
        key, at = number(at)
        match key & 7:
            case 0:
                found[key >> 3], at = number(at)
            case 2:
                length, at = number(at)
                found[key >> 3], at = data[at : at + length], at + length
            case kind:
                raise ValueError(f"unexpected wire type {kind}")
    return found


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
        self._socket.sendall(struct.pack(">IIBB", len(body), self._stream, 1, 0) + body)
        length, _, _, _ = struct.unpack(">IIBB", self._receive(10))
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

    def __init__(self, containerd: Containerd, identifier: str, bundle: Path, runtime: str = SWIFTLET):
        self.containerd, self.identifier, self.bundle = containerd, identifier, bundle
        name, version = runtime.split(".")[-2:]
        self.program = f"containerd-shim-{name}-{version}"
        self.address = ""

    def verb(self, verb: str, *flags: str, timeout: float = 60, **environment: str) -> subprocess.CompletedProcess:
        """Runs `start` or `delete` as containerd 1.6 would."""
        common = ["-namespace", "default", "-address", ADDRESS, "-publish-binary", "containerd", "-id", self.identifier]
        # env runs in the bundle and finds the program on the PATH that is given.
        words = ["env", "-C", str(self.bundle), self.program, *common, *flags, verb]
        settings = self.containerd.environment | {"TTRPC_ADDRESS": f"{ADDRESS}.ttrpc", "GRPC_ADDRESS": ADDRESS}
        # `delete` answers a message in bytes.
        options = {"errors": "replace", "env": settings | environment, "timeout": timeout}
        return self.containerd.execute(*words, check=False, **options)

    def start(self) -> subprocess.CompletedProcess:
        done = self.verb("start")
        if match := re.search(r"unix://([^\"\s]+)", done.stdout):
            self.address = match[1]
        return done

    def delete(self) -> subprocess.CompletedProcess:
        return self.verb("delete", "-bundle", str(self.bundle))

    def client(self, timeout: float = 60) -> Client:
        return Client(self.containerd.inside(self.address), timeout)

    def create(self, client: Client, rootfs: Path | None = None) -> dict[int, object]:
        """Create, with a bind mount as the root file system."""
        mounts = []
        if rootfs is not None:
            mounts = [(3, [(1, "bind"), (2, str(rootfs)), (4, "rbind"), (4, "rw")])]
        return client.call(
            "containerd.task.v2.Task", "Create", [(1, self.identifier), (2, str(self.bundle)), *mounts]
        )

    def shutdown(self, client: Client) -> None:
        try:
            client.call("containerd.task.v2.Task", "Shutdown", [(1, self.identifier), (2, True)])
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
