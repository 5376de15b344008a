"""The service that a shim sends its events to, in place of containerd's: notes each with the moment it came."""

import os
import socket
import threading
import time
from dataclasses import dataclass

from ..private import Containerd
from ..wire import HEADER, RESPONSE, decode, encode, frame, split_header


@dataclass
class Event:
    """One event, as it arrived."""

    topic: str
    moment: float


class EventService:
    """Serves `containerd.services.events.ttrpc.v1.Events` inside a lab. Use it as a context manager."""

    def __init__(self, containerd: Containerd, name: str):
        self.address = f"/run/{name}.ttrpc"
        self.events: list[Event] = []
        self._path = containerd.inside(self.address)
        self._listener = socket.socket(socket.AF_UNIX)

    def __enter__(self) -> "EventService":
        self._listener.bind(str(self._path))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        # A thread that is in accept() is woken by this alone.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        os.unlink(self._path)

    def topics(self) -> list[str]:
        return [event.topic for event in self.events]

    def _accept(self) -> None:
        while True:
            try:
                stream = self._listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(stream,), daemon=True).start()

    def _serve(self, stream: socket.socket) -> None:
        with stream, stream.makefile("rb") as source:
            while len(header := source.read(HEADER.size)) == HEADER.size:
                length, number, _ = split_header(header)
                request = decode(source.read(length))
                moment = time.monotonic()
                envelope = decode(decode(request.get(3, b"")).get(1, b""))
                self.events.append(Event(envelope.get(3, b"").decode(), moment))
                stream.sendall(frame(encode([(2, b"")]), number, RESPONSE))
