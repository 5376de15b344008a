"""What containerd publishes, recorded, and the rules that it must keep."""

import json
import re
import subprocess
import threading
import time
from dataclasses import dataclass

from .private import Containerd, end


@dataclass(frozen=True)
class Event:
    namespace: str
    topic: str
    fields: dict

    @property
    def container(self) -> str:
        return self.fields.get("container_id", self.fields.get("id", ""))

    @property
    def process(self) -> str:
        """The exec id, or the empty text for a container's first process."""
        number = self.fields.get("exec_id") or self.fields.get("id") or ""
        return "" if number == self.container else number

    def __str__(self) -> str:
        status = f" status {self.fields.get('exit_status', 0)}" if self.topic == "/tasks/exit" else ""
        return f"{self.topic} {self.container} {self.process}".rstrip() + status


class Recorder:
    """`ctr events` of one containerd, kept in memory. `mark()` before, `since(mark)` after."""

    def __init__(self, containerd: Containerd):
        self._containerd = containerd
        self._events: list[Event] = []
        self._lock = threading.Condition()
        self._process = containerd.popen(
            containerd.programs / "ctr", "events", stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL
        )
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        self._wait_until_subscribed()

    def _read(self) -> None:
        # "2026-01-01 00:00:00.123 +0000 UTC NAMESPACE /topic {json}"
        for line in self._process.stdout:
            if match := re.match(r".* UTC (\S+) (/\S+) (\{.*\})$", line.strip()):
                with self._lock:
                    self._events.append(Event(match[1], match[2], json.loads(match[3])))
                    self._lock.notify_all()

    def _wait_until_subscribed(self) -> None:
        """A subscription has no answer of its own: publish until the first event comes back."""
        for number in range(100):
            self._containerd.ctr("namespaces", "label", "default", f"lab.subscribed={number}")
            with self._lock:
                if self._lock.wait_for(lambda: self._events, 0.1):
                    return
        raise RuntimeError("ctr events shows nothing")

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def mark(self) -> int:
        with self._lock:
            return len(self._events)

    def since(self, mark: int, container: str | None = None, namespace: str | None = None) -> list[Event]:
        with self._lock:
            return [
                event
                for event in self._events[mark:]
                if event.topic.startswith("/tasks/")
                and (container is None or event.container == container)
                and (namespace is None or event.namespace == namespace)
            ]

    def wait_for(self, mark: int, topic: str, container: str, timeout: float = 10) -> Event:
        """The first such event since the mark."""
        deadline = time.monotonic() + timeout
        while True:
            for event in self.since(mark, container):
                if event.topic == topic:
                    return event
            with self._lock:
                if time.monotonic() > deadline:
                    seen = ", ".join(map(str, self.since(mark))) or "nothing"
                    raise TimeoutError(f"no {topic} of {container} within {timeout} s; seen: {seen}")
                self._lock.wait(0.1)

    def stop(self) -> None:
        end(self._process)
        self._process.wait()
        self._thread.join()
        self._process.stdout.close()


def violations(events: list[Event]) -> list[str]:
    """Broken rules: create, start, exit, delete in this order; each started process exits exactly once."""
    found = []
    order = {"/tasks/create": 0, "/tasks/exec-added": 0, "/tasks/start": 1, "/tasks/exec-started": 1}
    order |= {"/tasks/exit": 2, "/tasks/delete": 3}
    by_process: dict[tuple[str, str, str], list[Event]] = {}
    for event in events:
        if event.topic in order:
            by_process.setdefault((event.namespace, event.container, event.process), []).append(event)
    for (namespace, container, process), history in by_process.items():
        name = f"{namespace}/{container}" + (f"/{process}" if process else "")
        topics = [event.topic for event in history]
        # A container id may live several times: each life starts with its creation.
        lives: list[list[str]] = []
        for topic in topics:
            if order[topic] == 0 or not lives:
                lives.append([])
            lives[-1].append(topic)
        for life in lives:
            ranks = [order[topic] for topic in life]
            if ranks != sorted(ranks):
                found.append(f"{name}: out of order: {', '.join(life)}")
            if 1 in ranks and ranks.count(2) != 1 and 3 in ranks:
                found.append(f"{name}: started and deleted, with {ranks.count(2)} exits: {', '.join(life)}")
            if ranks.count(2) > 1:
                found.append(f"{name}: {ranks.count(2)} exits")
    return found
