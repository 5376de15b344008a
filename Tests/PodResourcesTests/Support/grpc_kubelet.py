"""A kubelet made of gRPC's C core, which answers each method as a plan says.

    grpc_kubelet.py FOLDER

FOLDER holds `plan.json` and gets `kubelet.sock`, `requests` (a line for each: method and message in hexadecimal)
and, once the socket is served, `ready`. The process ends when its standard input does.

The plan: {"level": N, "algorithm": N, "cut": N, "methods": {"Get": [STEP...]}}. A method's first STEP is for its first call and
so on, the last for all that follow; a method without steps is unknown to the server. A STEP may have
    seconds   to wait first
    answer    the message, in base64
    code      the status, with `details`
    dies      "headers" or "message": the last that is sent before the process kills itself
With `level`, 1 to 3, the server compresses as the client says that it may; with `algorithm`, 1 for deflate and 2 for
gzip, whatever the client says.
With `cut` a server of its own stands behind this process, which passes on so many bytes of its answers and kills it.
"""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent import futures
from pathlib import Path

SERVICE = "v1.PodResourcesLister"
folder = Path(sys.argv[1])
plan = json.loads((folder / "plan.json").read_text())


def end_with_input() -> None:
    while os.read(0, 4096):
        pass
    os._exit(0)


def die(after: float = 0.2) -> None:
    time.sleep(after)
    os.kill(os.getpid(), signal.SIGKILL)


class Method:
    def __init__(self, name: str, steps: list[dict]):
        self.name = name
        self.steps = steps
        self.lock = threading.Lock()

    def next_step(self, request: bytes) -> dict:
        with self.lock:
            with (folder / "requests").open("a") as log:
                log.write(f"{self.name} {request.hex()}\n")
            return self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]

    def one(self, request: bytes, context) -> bytes:
        step = self.next_step(request)
        time.sleep(step.get("seconds", 0))
        if code := step.get("code"):
            context.abort(next(c for c in grpc.StatusCode if c.value[0] == code), step.get("details", ""))
        return base64.b64decode(step["answer"])

    def dying(self, request: bytes, context):
        step = self.next_step(request)
        context.send_initial_metadata(())
        if step["dies"] == "message":
            yield base64.b64decode(step["answer"])
        die()

    def handler(self):
        if any("dies" in step for step in self.steps):
            return grpc.unary_stream_rpc_method_handler(self.dying)
        return grpc.unary_unary_rpc_method_handler(self.one)


def serve(path: Path):
    algorithm = plan.get("algorithm")
    options = [("grpc.max_send_message_length", -1)]
    if "level" in plan:
        options.append(("grpc.default_compression_level", plan["level"]))
    server = grpc.server(
        futures.ThreadPoolExecutor(8),
        compression=None if algorithm is None else grpc.Compression(algorithm),
        options=options,
    )
    methods = {name: Method(name, steps).handler() for name, steps in plan["methods"].items()}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, methods),))
    server.add_insecure_port(f"unix:{path}")
    server.start()
    (folder / "ready").touch()
    return server


def relay(path: Path, cut: int) -> None:
    inner = folder / "inner"
    inner.mkdir()
    (inner / "plan.json").write_text(json.dumps({k: v for k, v in plan.items() if k != "cut"}))
    child = subprocess.Popen([sys.executable, "-B", __file__, str(inner)], stdin=subprocess.PIPE)
    while not (inner / "ready").exists():
        if child.poll() is not None:
            sys.exit(child.returncode)
        time.sleep(0.01)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    (folder / "ready").touch()
    client, _ = listener.accept()
    server = socket.socket(socket.AF_UNIX)
    server.connect(str(inner / "kubelet.sock"))

    def requests() -> None:
        while piece := client.recv(65536):
            try:
                server.sendall(piece)
            except OSError:
                return

    threading.Thread(target=requests, daemon=True).start()
    while cut > 0 and (piece := server.recv(min(cut, 65536))):
        client.sendall(piece)
        cut -= len(piece)
    child.kill()
    child.wait()
    (folder / "cut").touch()
    client.shutdown(socket.SHUT_RDWR)


try:
    import grpc
except ImportError as error:
    sys.exit(f"can't serve gRPC: {error}; run scripts/setup, which installs python3-grpcio")
threading.Thread(target=end_with_input, daemon=True).start()
if "cut" in plan:
    relay(folder / "kubelet.sock", plan["cut"])
else:
    server = serve(folder / "kubelet.sock")
threading.Event().wait()
