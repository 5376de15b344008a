"""Runs sandboxes of stubs in the shim's debug build, which a file tells where to end; see CrashPoint.swift."""

import os
import signal
import threading
import time
from pathlib import Path

from lab.leaks import Snapshot, leaks_since
from lab.paths import require
from lab.ttrpc import RemoteError
from stubbed import DEBUG_SHIM, Stubbed, StubbedShim

PATIENCE = 5.0


class Crashing:
    """One life after the other, each told to end at another step."""

    def __init__(self, lab):
        self.lab = lab
        self.stubbed = Stubbed(lab)
        require(DEBUG_SHIM, "swift build")
        self.plan = lab.folder / "crash-points"
        self.passed_file = Path(f"{self.plan}.passed")
        self.before = Snapshot.take(lab.containerd)

    def tell(self, *orders: str) -> None:
        """What the next program does: `NAME OCCURRENCE ACTION` each."""
        self.plan.write_text("".join(f"{order}\n" for order in orders))
        self.passed_file.unlink(missing_ok=True)

    def passed(self) -> list[str]:
        return self.passed_file.read_text().splitlines() if self.passed_file.exists() else []

    def shim(self) -> StubbedShim:
        """One that heeds the orders; `delete` does not."""
        shim = self.stubbed.shim(DEBUG_SHIM)
        shim.start_settings = {"SWIFTLET_CRASH_POINTS": str(self.plan)}
        return shim

    def live(self, shim: StubbedShim) -> str:
        """A life as far as it goes; gives the call that failed, or nothing."""
        done = shim.start(**shim.start_settings)
        if done.returncode != 0:
            return "start"
        stage = "Connect"
        try:
            client = shim.client(timeout=20)
            try:
                stage = "Create"
                shim.create(client, shim.bundle / "rootfs", shim.stdio)
                stage = "Start"
                shim.task(client, "Start")
                stage = "end"
                shim.end(client)
                shim.shutdown(client)
            finally:
                client.close()
        except (RemoteError, OSError):
            return stage
        return ""

    def clean(self) -> list[str]:
        """The steps of a run that nobody disturbs."""
        self.tell()
        shim = self.shim()
        failed = self.live(shim)
        assert not failed, f"{failed} failed without a crash point"
        assert shim.gone_within(PATIENCE)
        steps = self.passed()
        assert not shim.delete_twice()
        assert not self.left()
        return steps

    def left(self) -> str:
        return leaks_since(self.before, self.lab.containerd, PATIENCE)

    def half_made(self) -> list[str]:
        """What a failed Create has left before anybody cleans up."""
        left = [f"process {process}" for name in ("stub-", "virtiofsd") for process in self.lab.containerd.named(name)]
        states = self.lab.containerd.inside("/run/swiftlet")
        return left + ([f"folder {path.name}" for path in states.iterdir()] if states.exists() else [])

    def sweep(self, steps: list[str], action: str) -> list[str]:
        """A life for each step; gives every problem that showed."""
        problems, missed = [], 0
        for step in steps:
            self.tell(f"{step} {action}")
            shim = self.shim()
            failed = self.live(shim)
            missed += step not in self.passed()
            found = []
            if action == "error" and failed == "Create":
                found += self.half_made()
            found += shim.abandon()
            if left := self.left():
                found.append(f"left:\n{left}")
                self.lab.scrub()
                self.before = Snapshot.take(self.lab.containerd)
            problems += [f"{action} at {step} (failed: {failed or 'nothing'}): {problem}" for problem in found]
        # A step that a run does not reach was not tested; timing may spare very few.
        if missed > max(1, len(steps) // 20):
            problems.append(f"{missed} of {len(steps)} steps were not reached")
        print(f"{len(steps)} steps, {action}: {len(problems)} problems, {missed} not reached")
        return problems

    def stop_and_resume(self, step: str, pause: float) -> str:
        """Row 4: stops the shim at a step for a while; then everything must go on. Gives what failed."""
        self.tell(f"{step} stop")
        shim = self.shim()
        resumed = threading.Event()

        def resume() -> None:
            end = time.monotonic() + 20
            while time.monotonic() < end and not resumed.is_set():
                stopped = [p for p in self.lab.containerd.named("containerd-shim") if p.state == "T"]
                if stopped:
                    time.sleep(pause)
                    for process in stopped:
                        os.kill(process.host_pid, signal.SIGCONT)
                    resumed.set()
                time.sleep(0.02)

        thread = threading.Thread(target=resume)
        thread.start()
        failed = self.live(shim)
        was_stopped = resumed.is_set()
        resumed.set()
        thread.join()
        found = shim.abandon()
        if not was_stopped:
            return f"{step}: was never stopped"
        if failed or found:
            return f"{step}: {failed} failed; {found}"
        return f"{step}: left {left}" if (left := self.left()) else ""
