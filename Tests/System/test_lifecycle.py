"""Containers side by side and one after another: kill, delete, names, namespaces, snapshotters."""

import subprocess

import pytest


def test_delete_twice(lab):
    name = lab.name()
    lab.containerd.ctr("run", "-d", "--null-io", "--runtime", lab.runtime, "swiftlet.test/busybox:latest", name, "true")
    lab.wait_until(lambda: lab.status(name) == "STOPPED", "the end of the container")
    assert lab.containerd.ctr("task", "rm", name, check=False).returncode == 0
    second = lab.containerd.ctr("task", "rm", name, check=False)
    assert second.returncode != 0 and "not found" in second.stderr
    assert lab.containerd.ctr("container", "rm", name, check=False).returncode == 0
    assert "not found" in lab.containerd.ctr("container", "rm", name, check=False).stderr


def test_a_running_container_is_not_deleted(lab):
    with lab.running() as name:
        assert lab.containerd.ctr("task", "rm", name, check=False).returncode != 0
        assert lab.status(name) == "RUNNING"


def test_kill_of_a_stopped_container(lab):
    with lab.running("true") as name:
        lab.wait_until(lambda: lab.status(name) == "STOPPED", "the end of the container")
        # Success or "not found" are both fine; anything else makes a kubelet retry for ever.
        done = lab.kill(name, "SIGKILL")
        assert done.returncode == 0 or "not found" in done.stderr or "already finished" in done.stderr


def test_the_same_id_again(lab):
    name = lab.name()
    assert [lab.run("sh", "-c", "exit 5", name=name).returncode for _ in range(2)] == [5, 5]


def test_the_same_id_twice_at_once_is_refused(lab):
    with lab.running() as name:
        assert "already exists" in lab.run("true", name=name).stderr
        assert lab.status(name) == "RUNNING"


def test_the_same_id_in_two_namespaces(lab):
    spaces = ["first-namespace", "second-namespace"]
    images = lab.containerd.folder / "test/images.tar"
    from lab import oci

    images.write_bytes(oci.layout(oci.standard_images()[:1]))
    try:
        for space in spaces:
            lab.containerd.ctr("namespaces", "create", space)
            lab.containerd.ctr("-n", space, "images", "import", images)
        with lab.running(name="same", namespace=spaces[0]), lab.running(name="same", namespace=spaces[1]):
            for space in spaces:
                assert lab.exec("same", "touch", f"/{space}", namespace=space).returncode == 0
            for space, other in (spaces, spaces[::-1]):
                assert lab.exec("same", "ls", f"/{space}", namespace=space).returncode == 0
                assert lab.exec("same", "ls", f"/{other}", namespace=space).returncode != 0
            lab.remove("same", spaces[0])
            assert lab.status("same", spaces[1]) == "RUNNING"
    finally:
        for space in spaces:
            lab.containerd.ctr("-n", space, "images", "rm", "--sync", "swiftlet.test/busybox:latest", check=False)
            lab.wait_until(
                lambda: lab.containerd.ctr("namespaces", "rm", space, check=False).returncode == 0, f"{space} removed"
            )


def test_the_longest_id(lab):
    assert lab.run("true", name="a" * 76).returncode == 0


def test_created_and_never_started(lab):
    """A task that was made and never started is deleted like any other; ctr can only do this by a failing start."""
    done = lab.run("/absent")
    assert done.returncode != 0


def test_exec_that_does_not_exist(lab):
    with lab.running() as name:
        done = lab.exec(name, "/absent")
        assert done.returncode != 0 and "/absent" in done.stderr
        assert "no such file or directory" in done.stderr
        assert lab.exec(name, "true").returncode == 0


def test_exec_in_a_stopped_container(lab):
    with lab.running("true") as name:
        lab.wait_until(lambda: lab.status(name) == "STOPPED", "the end of the container")
        assert lab.exec(name, "true").returncode != 0


def test_exec_ends_with_its_container(lab):
    with lab.running() as name:
        words = ["task", "exec", "--exec-id", "endless", name, "sleep", "1000"]
        process = lab.containerd.popen(
            lab.containerd.programs / "ctr", *words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        lab.recorder.wait_for(lab.mark, "/tasks/exec-started", name)
        lab.kill(name, "SIGKILL")
        assert process.wait(30) == 137


def test_processes_are_listed(lab):
    with lab.running() as name:
        pids = [int(line.split()[0]) for line in lab.containerd.ctr("task", "ps", name).stdout.splitlines()[1:]]
        inside = {process.pid for process in lab.containerd.processes()}
        assert pids and set(pids) <= inside


def test_ten_at_once(lab):
    """Each must be alive while all the others are."""
    # Ten emulated machines on two processors: each takes its time to answer.
    lab.configure({"agent.kata": {"dial_timeout": 120}})
    shared = lab.folder / "shared"
    shared.mkdir()
    flags = ["--mount", f"type=bind,src={shared},dst=/shared,options=rbind:rw"]
    script = "touch /shared/$0; while [ $(ls /shared | wc -l) -lt 10 ]; do sleep 0.2; done; exit $((10 + $0))"
    started = [lab.spawn("sh", "-c", script, n, flags=flags) for n in range(10)]
    codes = [process.wait(300) for process in started]
    assert codes == [10 + n for n in range(10)]


@pytest.mark.vm
def test_each_container_has_a_kernel_of_its_own(lab):
    host = open("/proc/sys/kernel/random/boot_id").read()
    boots = [lab.output("cat", "/proc/sys/kernel/random/boot_id") for _ in range(2)]
    assert len({host, *boots}) == 3
    assert lab.output("uname", "-r").strip() != open("/proc/sys/kernel/osrelease").read().strip()


@pytest.mark.vm
def test_ten_at_once_have_ten_machines(lab):
    lab.configure({"agent.kata": {"dial_timeout": 120}})
    started = [
        lab.spawn("cat", "/proc/sys/kernel/random/boot_id", stdout=subprocess.PIPE, text=True) for _ in range(10)
    ]
    boots = {process.communicate(timeout=300)[0] for process in started}
    assert [process.returncode for process in started] == [0] * 10
    assert len(boots) == 10
