"""Tests speak here to the very shim that a containerd has started, past containerd."""

import json
from collections import defaultdict

from lab import tasks
from lab.ttrpc import Client
from lab.wire import HEADER, decode, encode, frame

LIMITS = "types.containerd.io/opencontainers/runtime-spec/1/LinuxResources"
#: states of a process
CREATED, RUNNING, STOPPED, PAUSED = 1, 2, 3, 4


class Task(tasks.Task):
    """What is asked of one task, with all that is answered."""

    def __init__(self, lab, container: str):
        super().__init__(lab.containerd, container)

    def report(self, identifier: str = "") -> dict[int, object]:
        """The whole answer of State."""
        return self.call("State", (2, identifier))

    def update(self, limits: dict | bytes, type_url: str = LIMITS) -> None:
        raw = limits if isinstance(limits, bytes) else json.dumps(limits)
        self.call("Update", (2, [(1, type_url), (2, raw)]))

    def end_exec(self, identifier: str) -> int:
        """Waits for an exec and deletes it; gives its status."""
        self.wait(identifier)
        return self.delete(identifier)

    def metrics(self) -> "Message":
        answer = decode(self.call("Stats")[1])
        assert answer[1] == b"io.containerd.cgroups.v2.Metrics"
        return Message(answer[2])


class Message:
    """Every field of a message, repeated ones too; 64-bit ones are left as bytes."""

    def __init__(self, data: bytes = b""):
        self.fields: dict[int, list] = defaultdict(list)
        at = 0
        while at < len(data):
            key, at = self._number(data, at)
            if key & 7 == 0:
                value, at = self._number(data, at)
            elif key & 7 == 1:
                value, at = data[at : at + 8], at + 8
            else:
                length, at = self._number(data, at)
                value, at = data[at : at + length], at + length
            self.fields[key >> 3].append(value)

    @staticmethod
    def _number(data: bytes, at: int) -> tuple[int, int]:
        value = shift = 0
        while True:
            byte = data[at]
            value, at, shift = value | (byte & 0x7F) << shift, at + 1, shift + 7
            if byte < 0x80:
                return value, at

    def __getitem__(self, number: int) -> int:
        """A number; 0 if it is not there, as protobuf has it."""
        return self.fields[number][-1] if self.fields[number] else 0

    def inside(self, number: int) -> "Message":
        return Message(self.fields[number][-1] if self.fields[number] else b"")

    def all(self, number: int) -> list["Message"]:
        return [Message(data) for data in self.fields[number]]


class ManyCalls:
    """Calls that are all sent on one connection before the first answer is read."""

    def __init__(self, client: Client):
        self.client, self.sent = client, 0

    def send(self, method: str, fields: list[tuple[int, object]], count: int) -> None:
        body = encode([(1, tasks.SERVICE), (2, method), (3, encode(fields))])
        for _ in range(count):
            self.sent += 1
            # Above the numbers that the connection uses for calls of its own.
            self.client.send(frame(body, 100_001 + 2 * self.sent, 1))

    def answers(self) -> list[dict[int, object]]:
        found = []
        for _ in range(self.sent):
            length, _, _, _ = HEADER.unpack(self.client._receive(HEADER.size))
            answer = decode(self.client._receive(length))
            assert not decode(answer.get(1, b"")).get(1), answer
            found.append(decode(answer.get(2, b"")))
        return found
