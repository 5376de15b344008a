"""The stubs themselves: with a stub VMM and a stub guest a life cycle takes a moment and leaves nothing."""

import time

import pytest
from stubbed import Stubbed

pytestmark = pytest.mark.vm


def test_life_without_a_machine(lab):
    stubbed = Stubbed(lab)
    begin = time.monotonic()
    shim = stubbed.shim()
    shim.live()
    took = time.monotonic() - begin
    calls = (stubbed.folder / "stub-guest.calls").read_text().split()
    for method in ("CreateSandbox", "CreateContainer", "StartContainer", "ExecProcess", "RemoveContainer", "DestroySandbox"):
        assert calls.count(method) == 1, calls
    assert calls.count("WaitProcess") >= 2, calls
    print(f"a life took {took * 1000:.0f} ms")
    assert took < 5
