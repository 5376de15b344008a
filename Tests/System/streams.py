"""A process of a running container whose streams are FIFOs in the hands of the test."""

import os
import time
from pathlib import Path

from lab.tasks import Task, process

#: what a call may take that waits for nobody's reader; the Task API's promise
AT_ONCE = 1.0


class Streams:
    """One exec. Its output FIFO has no reader until `reader()`, its input FIFO no writer until `writer()`."""

    def __init__(self, task: Task, folder: Path, name: str, *command: str, **fields):
        self.task, self.name = task, name
        self.output, self.input = folder / f"{name}.out", folder / f"{name}.in"
        for path in (self.output, self.input):
            os.mkfifo(path)
        self._open: list[int] = []
        self.received = b""
        task.exec(name, process(*command, **fields), self.output, self.input)

    def reader(self) -> int:
        self._open.append(os.open(self.output, os.O_RDONLY | os.O_NONBLOCK))
        return self._open[-1]

    def writer(self) -> int:
        self._open.append(os.open(self.input, os.O_WRONLY))
        return self._open[-1]

    def take(self, most: int = 1 << 20) -> bytes:
        """What is there now, at most so much."""
        try:
            piece = os.read(self._open[0], most)
        except BlockingIOError:
            piece = b""
        self.received += piece
        return piece

    def until(self, condition, what: str, timeout: float = 30, most: int = 1 << 20, pause: float = 0.02) -> None:
        """Reads until the condition on all that was received holds."""
        deadline = time.monotonic() + timeout
        while not condition(self.received):
            assert time.monotonic() < deadline, f"not within {timeout} s: {what}; received {self.received[-200:]!r}"
            if not self.take(most) or most < 1 << 20:
                time.sleep(pause)

    def quickly(self, method: str, *arguments):
        """A call of the task service on this process, which must be answered at once."""
        return at_once(getattr(self.task, method), self.name, *arguments)

    def close(self) -> None:
        for descriptor in self._open:
            os.close(descriptor)
        self._open = []


def at_once(call, *arguments):
    begin = time.monotonic()
    answer = call(*arguments)
    took = time.monotonic() - begin
    assert took < AT_ONCE, f"{call.__name__} took {took:.1f} s"
    return answer
