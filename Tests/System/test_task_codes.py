"""The code of every failure of the Task API, from a real shim. What stands behind it is a stub: a life takes a moment."""

import json
import os
import signal
import time

import pytest
from stubbed import KILLED, Stubbed
from task_api import LIMITS

from lab.tasks import (
    ALREADY_EXISTS,
    DEADLINE_EXCEEDED,
    FAILED_PRECONDITION,
    INVALID_ARGUMENT,
    NOT_FOUND,
    RESOURCE_EXHAUSTED,
    SPEC_TYPE,
    UNAVAILABLE,
    UNIMPLEMENTED,
    process,
)
from lab.tasks import SERVICE as V2
from lab.ttrpc import RemoteError

pytestmark = pytest.mark.vm

V3 = "containerd.task.v3.Task"


def limits(value: object, url: str = LIMITS) -> tuple[int, object]:
    return (2, [(1, url), (2, value if isinstance(value, bytes) else json.dumps(value))])


def command(*words: str, **more) -> tuple[int, object]:
    return (7, [(1, SPEC_TYPE), (2, json.dumps(process(*words, **more)))])


def code(call) -> int:
    """The code of a call that must fail, with a sentence that says what failed."""
    with pytest.raises(RemoteError) as error:
        call()
    assert error.value.message.startswith("can't "), error.value.message
    return error.value.code


@pytest.fixture
def stubbed(lab):
    return Stubbed(lab)


@pytest.fixture
def shim(stubbed):
    """A shim with a container that runs; ended and deleted afterwards."""
    one = stubbed.shim()
    one.client_of_test = one.begin()
    yield one
    assert one.abandon() == []


METHODS = [
    ("State", ()),
    ("Start", ()),
    ("Delete", ()),
    ("Pids", ()),
    ("Pause", ()),
    ("Resume", ()),
    ("Checkpoint", ()),
    ("Kill", ((3, 9),)),
    ("Exec", ((2, "x"), command("true"))),
    ("ResizePty", ((3, 80), (4, 24))),
    ("CloseIO", ((3, True),)),
    ("Update", (limits({}),)),
    ("Wait", ()),
    ("Stats", ()),
]
OF_EXECS = ("State", "Start", "Delete", "Kill", "ResizePty", "CloseIO", "Wait")


@pytest.mark.parametrize("service", [V2, V3])
def test_names_of_nothing(shim, service):
    """No container has been made; then there is one, and its execs have not."""
    client = shim.client_of_test

    def ask(method, identifier, fields):
        return code(lambda: client.call(service, method, [(1, identifier), *fields]))

    found = {method: ask(method, "nothing", fields) for method, fields in METHODS}
    assert found == {method: NOT_FOUND for method, _ in METHODS}
    found = {method: ask(method, "../nothing", fields) for method, fields in METHODS}
    assert found == {method: INVALID_ARGUMENT for method, _ in METHODS}
    # A probe at a containerd's start: it must be answered.
    assert client.call(service, "Connect", [(1, "nothing")])[1] > 0
    shim.create_and_start(client)
    found = {m: ask(m, shim.identifier, ((2, "nothing"), *f)) for m, f in METHODS if m in OF_EXECS}
    assert found == {method: NOT_FOUND for method in OF_EXECS}
    found = {m: ask(m, shim.identifier, ((2, "no/thing"), *f)) for m, f in METHODS if m in OF_EXECS}
    assert found == {method: INVALID_ARGUMENT for method in OF_EXECS}


def test_what_a_state_forbids(shim):
    client = shim.client_of_test

    def ask(method, *fields):
        return code(lambda: shim.task(client, method, *fields))

    shim.create(client, shim.bundle / "rootfs", shim.stdio)
    assert code(lambda: shim.create(client, shim.bundle / "rootfs", shim.stdio)) == ALREADY_EXISTS
    created = {"Pause": (), "Resume": (), "Exec": ((2, "x"), command("true"))}
    assert {m: ask(m, *f) for m, f in created.items()} == {m: FAILED_PRECONDITION for m in created}
    shim.task(client, "Start")
    assert ask("Start") == FAILED_PRECONDITION
    assert ask("Delete") == FAILED_PRECONDITION
    assert ask("Resume") == FAILED_PRECONDITION
    shim.task(client, "Exec", (2, "x"), command("sleep"))
    assert ask("Exec", (2, "x"), command("sleep")) == ALREADY_EXISTS
    assert ask("Kill", (2, "x"), (3, 9)) == FAILED_PRECONDITION
    shim.task(client, "Pause")
    assert ask("Pause") == FAILED_PRECONDITION
    assert ask("Start", (2, "x")) == FAILED_PRECONDITION
    assert ask("Exec", (2, "y"), command("sleep")) == FAILED_PRECONDITION
    shim.task(client, "Resume")
    shim.task(client, "Kill", (3, 9))
    assert shim.task(client, "Wait")[1] == KILLED
    assert ask("Kill", (3, 15)) == NOT_FOUND
    shim.task(client, "Kill", (3, 9))
    stopped = {"Pause": (), "Resume": (), "Start": (), "ResizePty": (), "Update": (limits({}),)}
    stopped["Exec"] = ((2, "z"), command("true"))
    assert {m: ask(m, *f) for m, f in stopped.items()} == {m: FAILED_PRECONDITION for m in stopped}
    shim.task(client, "Delete")
    assert ask("Delete") == NOT_FOUND


def test_what_makes_no_sense(shim):
    client = shim.client_of_test

    def ask(method, *fields):
        return code(lambda: shim.task(client, method, *fields))

    shim.create_and_start(client)
    for number in (0, 65, 1 << 31):
        assert ask("Kill", (3, number)) == INVALID_ARGUMENT
    for value in (b"", b"{", b"[]", b"\xff", b'{"memory": {"limit": "x"}}', {"memory": {"limit": -2}}, {"cpu": {"cpus": "x"}}):
        assert ask("Update", limits(value)) == INVALID_ARGUMENT, value
    assert ask("Update", limits({}, "types.containerd.io/opencontainers/runtime-spec/1/WindowsResources")) == INVALID_ARGUMENT
    assert ask("Update") == INVALID_ARGUMENT
    for value in (command("true", cwd="tmp"), command(), (7, [(2, b"{")]), (7, b"")):
        assert ask("Exec", (2, "x"), value) == INVALID_ARGUMENT, value
    assert ask("ResizePty", (3, 1 << 16), (4, 1)) == INVALID_ARGUMENT
    assert ask("ResizePty", (3, 1), (4, (1 << 32) - 1)) == INVALID_ARGUMENT
    # Neither terminal nor limits: nothing to do, and no error.
    shim.task(client, "ResizePty", (3, 80), (4, 24))
    shim.task(client, "Update", limits({}))


def test_what_a_machine_can_not(shim):
    client = shim.client_of_test
    bundle = [(1, shim.identifier), (2, str(shim.bundle))]
    for field in (8, 9):
        assert code(lambda: client.call(V2, "Create", [*bundle, (field, "/checkpoint")])) == UNIMPLEMENTED
    shim.create_and_start(client)
    assert code(lambda: shim.task(client, "Checkpoint", (2, "/path"))) == UNIMPLEMENTED
    for value in ({"network": {"classID": 7}}, {"memory": {"swappiness": 7}}, {"cpu": {"burst": 7}}):
        assert code(lambda: shim.task(client, "Update", limits(value))) == UNIMPLEMENTED
    for service, method in ((V2, "Nothing"), ("containerd.task.v9.Task", "State")):
        with pytest.raises(RemoteError) as error:
            client.call(service, method, [(1, shim.identifier)])
        assert error.value.code == UNIMPLEMENTED


def test_a_guest_that_does_not_answer(stubbed):
    """Its caller gets an answer within the call's own deadline, and the shim serves on."""
    stubbed.behave(guest={"on": "StatsContainer", "do": "never"})
    shim = stubbed.shim()
    client = shim.begin()
    shim.create_and_start(client)
    begin = time.monotonic()
    assert code(lambda: shim.task(client, "Stats")) == DEADLINE_EXCEEDED
    assert time.monotonic() - begin < 25
    assert shim.task(client, "State")[4] == 2
    shim.end(client)
    shim.shutdown(client)
    assert shim.abandon() == []


def test_a_creation_that_is_not_answered(stubbed):
    stubbed.configure(runtime={"create_container_timeout": 1})
    stubbed.behave(guest={"on": "CreateContainer", "do": "never"})
    shim = stubbed.shim()
    client = shim.begin()
    assert code(lambda: shim.create(client, shim.bundle / "rootfs", shim.stdio)) == DEADLINE_EXCEEDED
    assert code(lambda: shim.task(client, "State")) == NOT_FOUND
    shim.shutdown(client)
    assert shim.abandon() == []


def test_shutdown(stubbed):
    """A shim leaves when its last task is gone and it is told to; its answer comes first."""
    shim = stubbed.shim()
    client = shim.begin()
    shim.create_and_start(client)
    assert shim.task(client, "Shutdown") == {}
    assert not shim.gone_within(0.5)
    assert shim.task(client, "State")[4] == 2
    assert shim.end(client) == KILLED
    assert shim.task(client, "Shutdown") == {}
    assert shim.gone_within(5)
    assert shim.abandon() == []


@pytest.mark.parametrize("method", ["Pause", "Resume", "Update", "Stats"])
def test_a_guest_that_refuses(stubbed, method):
    """Its code goes through, and the state stays what it was."""
    named = {"Pause": "PauseContainer", "Resume": "ResumeContainer", "Update": "UpdateContainer", "Stats": "StatsContainer"}
    stubbed.behave(guest={"on": named[method], "do": "error", "code": RESOURCE_EXHAUSTED})
    shim = stubbed.shim()
    client = shim.begin()
    shim.create_and_start(client)
    if method == "Resume":
        shim.task(client, "Pause")
    before = shim.task(client, "State")[4]
    fields = {"Update": (limits({"pids": {"limit": 5}}),)}.get(method, ())
    assert code(lambda: shim.task(client, method, *fields)) == RESOURCE_EXHAUSTED
    assert shim.task(client, "State")[4] == before
    assert shim.end(client) == KILLED
    shim.shutdown(client)
    assert shim.abandon() == []


def test_a_machine_that_is_gone(shim):
    client = shim.client_of_test
    shim.create_and_start(client)
    shim.task(client, "Exec", (2, "x"), command("sleep"))
    for one in shim.containerd.processes():
        if any("stub-vmm" in word for word in one.command):
            os.kill(one.host_pid, signal.SIGKILL)
    assert shim.task(client, "Wait")[1] == KILLED
    asked = {"Stats": ()}
    assert {m: code(lambda: shim.task(client, m, *f)) for m, f in asked.items()} == {m: UNAVAILABLE for m in asked}
    # What has ended with its machine is still told and deleted.
    assert shim.task(client, "State")[4] == 3
    assert shim.task(client, "Pids")[1]
    assert shim.task(client, "Delete", (2, "x"))
    assert code(lambda: shim.create(client, shim.bundle / "rootfs")) == ALREADY_EXISTS
    fields = [(1, "another"), (2, str(shim.bundle))]
    assert code(lambda: client.call(V2, "Create", fields)) == UNAVAILABLE


@pytest.mark.parametrize("how", ["error", "huge-numbers", "flood"])
def test_a_guest_that_makes_up_memory_events(stubbed, how):
    """Neither failures nor a flood of events make the shim ask on and on."""
    act = {"do": "answer", "fields": [[1, "stubbed-1"]]} if how == "flood" else {"do": how}
    stubbed.behave(guest={"on": "GetOOMEvent"} | act)
    shim = stubbed.shim()
    client = shim.begin()
    shim.create_and_start(client)
    time.sleep(5)
    calls = (stubbed.folder / "stub-guest.calls").read_text().split().count("GetOOMEvent")
    assert calls <= (130 if how == "flood" else 6)
    assert calls >= (60 if how == "flood" else 3)
    assert shim.end(client) == KILLED
    shim.shutdown(client)
    assert shim.abandon() == []
