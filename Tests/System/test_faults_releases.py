"""Row 34: a task outlives the change to another containerd, up and down."""

import pytest
from harness import Lab

pytestmark = pytest.mark.vm


@pytest.mark.parametrize(
    "before, after",
    [
        ("1.6", "2.1"),
        pytest.param("1.6", "1.7", marks=pytest.mark.long),
        pytest.param("1.7", "2.1", marks=pytest.mark.long),
        pytest.param("1.7", "1.6", marks=pytest.mark.long),
    ],
)
def test_row_34_shim_of_another_containerd(before, after, request):
    """A lab of its own: what the newer release writes on disk is not for the older one's tests."""
    lab = Lab(before, "swiftlet").open()
    try:
        lab.begin(request.node.name)
        name = lab.name()
        with lab.running(name=name):
            with lab.without_containerd(then=after):
                pass
            assert lab.status(name) == "RUNNING"
            assert lab.exec(name, "sh", "-c", "exit 6").returncode == 6
            lab.kill(name, "SIGKILL")
            lab.wait_until(lambda: lab.status(name) == "STOPPED", "the end of the container", 15)
            assert "exit code 137" in lab.containerd.ctr("task", "rm", name).stderr
        # And a new one by the same shim's program.
        assert lab.run("sh", "-c", "exit 3").returncode == 3
        assert (problems := lab.finish()) == "", problems
    finally:
        lab.close()
