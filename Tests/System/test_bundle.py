"""A shim without containerd: what containerd would never hand over, and what it asks of `start` and `delete`."""

import json
import time

import pytest

from lab.ttrpc import RemoteError, Shim, make_bundle

pytestmark = pytest.mark.vm

SPECIFICATION = {
    "ociVersion": "1.0.2",
    "process": {"user": {"uid": 0, "gid": 0}, "args": ["sleep", "1000"], "env": ["PATH=/bin"], "cwd": "/"},
    "root": {"path": "rootfs"},
    "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
    "linux": {"namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")]},
}
DEEP = b"[" * 100_000 + b"]" * 100_000
HOSTILE = {
    "empty": b"",
    "truncated": json.dumps(SPECIFICATION).encode()[:100],
    "not-json": b"\xff\xfe\x00 what is this",
    "wrong-type": b'"a text"',
    "list": b"[]",
    "deep": DEEP,
    "deep-inside": b'{"annotations": ' + DEEP + b"}",
    "no-process": b'{"ociVersion": "1.0.2"}',
    "no-arguments": json.dumps(SPECIFICATION | {"process": {"cwd": "/", "args": []}}).encode(),
    "relative-directory": json.dumps(SPECIFICATION | {"process": {"cwd": "tmp", "args": ["true"]}}).encode(),
    "huge-user": json.dumps(SPECIFICATION | {"process": {"cwd": "/", "args": ["true"], "user": {"uid": 2**32}}}).encode(),
    "negative-user": json.dumps(SPECIFICATION | {"process": {"cwd": "/", "args": ["true"], "user": {"uid": -1}}}).encode(),
    "nul-in-path": json.dumps(SPECIFICATION | {"root": {"path": "rootfs\0/etc"}}).encode(),
    "root-outside": json.dumps(SPECIFICATION | {"root": {"path": "/"}}).encode(),
    "many-mounts": json.dumps(
        SPECIFICATION | {"mounts": [{"destination": f"/m{n}", "type": "tmpfs", "source": "t"} for n in range(100_000)]}
    ).encode(),
    "ten-megabytes": json.dumps(SPECIFICATION | {"annotations": {"a": "x" * 10_000_000}}).encode(),
    "not-a-number": b'{"ociVersion": "1.0.2", "process": {"cwd": "/", "args": ["true"], "user": {"uid": NaN}}}',
}


@pytest.fixture
def shim(lab):
    """Makes a shim in a bundle; afterwards `delete` must answer 0 in time, twice, whatever has happened."""
    made = []

    def make(specification, identifier="by-hand"):
        bundle = make_bundle(lab.folder / f"bundle-{len(made)}", specification)
        made.append(Shim(lab.containerd, identifier, bundle))
        return made[-1]

    yield make
    for one in made:
        for _ in range(2):
            begin = time.monotonic()
            done = one.delete()
            assert done.returncode == 0, done.stderr
            assert time.monotonic() - begin < 5


def test_start_answers_an_address_alone(lab, shim):
    """containerd 1.6 takes all of standard output and standard error for the address."""
    one = shim(SPECIFICATION)
    done = one.start()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"unix://{one.address}"
    client = one.client()
    answer = client.call("containerd.task.v2.Task", "Connect", [(1, "by-hand")])
    assert answer[1] > 0
    one.shutdown(client)


def test_start_answers_json_to_newer_containerds(lab, shim):
    one = shim(SPECIFICATION)
    done = one.verb("start", MAX_SHIM_VERSION="2")
    answer = json.loads(done.stdout)
    assert (answer["version"], answer["protocol"]) == (2, "ttrpc")
    one.address = answer["address"].removeprefix("unix://")
    one.shutdown(one.client())


def test_unknown_calls_and_containers(lab, shim):
    one = shim(SPECIFICATION)
    one.start()
    client = one.client()
    for service, method, fields, code in [
        ("containerd.task.v2.Task", "State", [(1, "nobody")], 5),
        ("containerd.task.v2.Task", "Kill", [(1, "nobody"), (3, 9)], 5),
        ("containerd.task.v2.Task", "Delete", [(1, "nobody")], 5),
        ("containerd.task.v2.Task", "NoSuchMethod", [], 12),
        ("no.such.Service", "State", [], 12),
        ("containerd.task.v3.Task", "State", [(1, "nobody")], 5),
    ]:
        with pytest.raises(RemoteError) as error:
            client.call(service, method, fields)
        assert error.value.code == code, f"{service}/{method}: {error.value}"
    one.shutdown(client)


@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_hostile_specification(lab, shim, kind):
    refuse(shim(HOSTILE[kind]))


def test_absent_specification(lab, shim):
    refuse(shim(None))


def refuse(one):
    """Either `start` or Create says no, in one line; the shim is alive or has left in order, never has crashed."""
    done = one.start()
    if done.returncode != 0:
        assert done.returncode > 0 and len(done.stderr.splitlines()) == 1, done
        return
    client = one.client()
    with pytest.raises(RemoteError) as error:
        one.create(client, one.bundle / "rootfs")
    assert error.value.code in (3, 5, 8, 9, 12)
    assert len(error.value.message) < 4096
    one.shutdown(client)


@pytest.mark.parametrize(
    "identifier", ["..", "../../etc", "a/b", ".hidden", "-flag", "", "a" * 77, "a" * 300, "a\nb", "ä", "a b", "$(id)"]
)
def test_identifier_that_is_none(lab, tmp_path, identifier):
    bundle = make_bundle(lab.folder / "bundle", SPECIFICATION)
    one = Shim(lab.containerd, identifier, bundle)
    done = one.start()
    assert done.returncode > 0
    assert "id" in done.stderr and len(done.stderr.splitlines()) == 1
    # It must be refused before anything is made of it, and `delete` of it must do no harm either.
    assert one.delete().returncode >= 0
    assert not (lab.folder.parent / "etc").exists()


def test_malformed_frames(lab, shim):
    """An oversize frame or none at all ends that connection, and no other."""
    one = shim(SPECIFICATION)
    one.start()
    good = one.client()
    for data in (b"\xff" * 10, b"\x00\x40\x00\x01" + b"\x00\x00\x00\x01\x01\x00", b"GET / HTTP/1.1\r\n\r\n"):
        bad = one.client(timeout=10)
        bad.send(data)
        with pytest.raises((ConnectionError, TimeoutError, RemoteError)):
            bad.call("containerd.task.v2.Task", "Connect", [(1, "by-hand")])
        bad.close()
        assert good.call("containerd.task.v2.Task", "Connect", [(1, "by-hand")])[1] > 0
    one.shutdown(good)


def test_delete_without_a_start(lab, shim):
    shim(SPECIFICATION)
