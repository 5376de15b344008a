"""Rows 7 and 8: a VMM that fails to start, or never gets as far as to work. Create says so in one sentence."""

import threading
import time

import pytest
from lab.leaks import Snapshot, leaks_since
from lab.ttrpc import RemoteError
from stubbed import Stubbed

pytestmark = pytest.mark.vm

LAST_WORDS = "stub-vmm: can't allocate 512 MiB\n\x1b[31mat all"
UNAVAILABLE, DEADLINE = 14, 4


class Attempt:
    """One Create, in a thread, that must fail."""

    def __init__(self, lab, folder: str, vmm: dict, before: Snapshot):
        self.lab, self.before = lab, before
        self.stubbed = Stubbed(lab, folder)
        self.stubbed.behave(vmm=vmm)
        self.shim = self.stubbed.shim()
        self.client = self.shim.begin()
        self.error: RemoteError | None = None
        self._begin = time.monotonic()
        self._thread = threading.Thread(target=self._create)
        self._thread.start()

    def _create(self) -> None:
        try:
            self.shim.create(self.client, self.shim.bundle / "rootfs")
        except RemoteError as error:
            self.error = error
        self.took = time.monotonic() - self._begin

    def wait_for_monitor(self) -> None:
        """Until the stub runs: it has been told how by then."""
        path = str(self.stubbed.folder / "stub-vmm")
        self.lab.wait_until(
            lambda: any(path in process.command for process in self.lab.containerd.processes()), "the stub VMM runs"
        )

    def result(self) -> RemoteError:
        self._thread.join()
        assert self.error is not None, "Create succeeded"
        text = str(self.error)
        assert "\n" not in text and text.startswith("can't boot"), text
        return self.error

    def leave(self) -> list[str]:
        self.client.close()
        return self.shim.abandon()


@pytest.mark.parametrize("pause", [0, 1, 10, 100, 1000])
def test_row7_vmm_exits(lab, pause):
    before = Snapshot.take(lab.containerd)
    attempt = Attempt(lab, "stubs", {"exit": pause, "says": LAST_WORDS, "status": 3}, before)
    error = attempt.result()
    print(error)
    assert error.code == UNAVAILABLE
    assert "can't allocate 512 MiB" in error.message and "ended with code 3" in error.message
    assert attempt.took < 5
    # Create itself has cleared up: only the shim is there.
    assert not lab.containerd.named("stub-") and not lab.containerd.named("virtiofsd")
    assert not list(lab.containerd.inside("/run/swiftlet").iterdir())
    with pytest.raises(RemoteError) as state:
        attempt.shim.task(attempt.client, "State")
    assert state.value.code == 5
    assert not attempt.leave()
    assert not leaks_since(before, lab.containerd, 5)


def test_row7_vmm_that_is_no_program(lab):
    stubbed = Stubbed(lab)
    broken = stubbed.folder / "broken"
    for content, word in ((b"\x7fELF nonsense", "execute"), (b"#!/no/such/program\n", "execute")):
        broken.write_bytes(content)
        broken.chmod(0o755)
        stubbed.configure(**{"hypervisor.qemu": {"path": str(broken)}})
        shim = stubbed.shim()
        client = shim.begin()
        with pytest.raises(RemoteError, match=word):
            shim.create(client, shim.bundle / "rootfs")
        client.close()
        assert not shim.abandon()


def test_row8_vmm_hangs_before_the_handshake(lab):
    """All ways at once: each waits for the same deadline."""
    ways = [{"qmp": "silent"}, {"qmp": "half"}, {"qmp": "slow"}, {"stop": True}]
    before = Snapshot.take(lab.containerd)
    attempts = []
    for number, way in enumerate(ways):
        attempts.append(Attempt(lab, f"stubs-{number}", way | {"says": LAST_WORDS}, before))
        attempts[-1].wait_for_monitor()
    for way, attempt in zip(ways, attempts):
        error = attempt.result()
        print(f"{way}: {attempt.took:.1f} s: {error}")
        assert error.code == DEADLINE, way
        assert "can't allocate 512 MiB" in error.message, way
        assert 9 < attempt.took < 20, way
    assert not lab.containerd.named("stub-") and not lab.containerd.named("virtiofsd")
    assert not [problem for attempt in attempts for problem in attempt.leave()]
    assert not leaks_since(before, lab.containerd, 5)


@pytest.mark.parametrize("way", [{"qmp": "garbage"}, {"qmp": "refuse"}, {"running": False}], ids=str)
def test_row8_vmm_speaks_nonsense(lab, way):
    before = Snapshot.take(lab.containerd)
    attempt = Attempt(lab, "stubs", way, before)
    print(attempt.result())
    assert attempt.took < 5
    assert not attempt.leave()
    assert not leaks_since(before, lab.containerd, 5)


@pytest.mark.long
def test_row8_vmm_floods(lab):
    before = Snapshot.take(lab.containerd)
    attempt = Attempt(lab, "stubs", {"qmp": "flood"}, before)
    assert attempt.result().code == DEADLINE
    assert not attempt.leave()
    assert not leaks_since(before, lab.containerd, 5)
