"""Row 35: a helper is killed by its own descriptor, never by a number that somebody else may have by then."""

import re
import signal
import subprocess

import pytest
from faulting import end
from stubbed import Stubbed

pytestmark = pytest.mark.vm


def test_row_35_no_helper_is_killed_by_number(lab):
    stubbed = Stubbed(lab)
    shim = stubbed.shim()
    client = shim.begin()
    record = lab.folder / "signals"
    words = ["strace", "-f", "-qq", "-e", "trace=kill,tkill,tgkill,pidfd_send_signal", "-o", record, "-p", str(shim.pid)]
    tracer = subprocess.Popen(words, stderr=subprocess.PIPE)
    try:
        lab.wait_until(lambda: f"TracerPid:\t{tracer.pid}" in open(f"/proc/{shim.pid}/status").read(), "the tracer", 10)
        shim.create_and_start(client)
        assert shim.end(client) == 137
        shim.shutdown(client)
        assert shim.gone_within(10)
    finally:
        client.close()
        end(tracer, signal.SIGTERM)
        tracer.stderr.close()
        assert shim.delete().returncode == 0
    calls = re.findall(r"^\d+ +(\w+)\((.*?)\)", record.read_text(), re.M)
    by_number = [call for call in calls if call[0] != "pidfd_send_signal"]
    assert by_number == []
    assert [call for call in calls if call[0] == "pidfd_send_signal"], "the helpers ended by themselves: nothing was tested"
