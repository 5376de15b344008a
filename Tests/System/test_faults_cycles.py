"""Row 36: many lives one after another and many ends at once; after each round exactly what was there before is there."""

import threading

import pytest
from lab.leaks import leaks_since
from stubbed import Stubbed

pytestmark = pytest.mark.vm


@pytest.mark.parametrize("cycles", [20, pytest.param(1000, marks=pytest.mark.long)])
def test_row_36_create_and_delete(lab, cycles):
    stubbed = Stubbed(lab)
    for number in range(cycles):
        shim = stubbed.shim()
        shim.live()
        assert shim.delete().returncode == 0
        if number % 20 == 19:
            assert leaks_since(lab.before, lab.containerd) == "", f"after {number + 1} lives"


def at_once(jobs) -> list[Exception]:
    """Runs all jobs, each in a thread; gives what went wrong."""
    failures = []

    def attempt(job):
        try:
            job()
        except Exception as error:  # told by the test
            failures.append(error)

    threads = [threading.Thread(target=attempt, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_row_36_twenty_pods_removed_at_once(lab):
    stubbed = Stubbed(lab)
    running = []

    def remove(shim, client):
        try:
            assert shim.end(client) == 137
            shim.shutdown(client)
        finally:
            client.close()
            assert shim.delete().returncode == 0

    try:
        for _ in range(20):
            shim = stubbed.shim()
            client = shim.begin()
            running.append((shim, client))
            shim.create_and_start(client)
    except BaseException:
        at_once([lambda one=one: remove(*one) for one in running])
        raise
    assert at_once([lambda one=one: remove(*one) for one in running]) == []
    assert leaks_since(lab.before, lab.containerd) == ""


@pytest.mark.long
def test_row_36_twenty_machines_removed_at_once(lab):
    names = [lab.name() for _ in range(20)]
    for name in names:
        lab.containerd.ctr("run", "-d", "--null-io", "--runtime", lab.runtime, "swiftlet.test/busybox:latest", name, "sleep", "1000")
    assert at_once([lambda name=name: lab.remove(name) for name in names]) == []
