"""CVE class O (CVE-2024-40635): a number that does not fit is refused; none wraps around to root."""

import json

import pytest
from lab.ttrpc import RemoteError
from pods import Pod

pytestmark = pytest.mark.vm


def process(uid: str, file: str) -> bytes:
    """A process whose user is written as given, and which says who it is."""
    text = {"args": ["sh", "-c", f"exec id -u > /{file}"], "env": ["PATH=/bin"], "cwd": "/", "user": {"uid": 0, "gid": 0}}
    return json.dumps(text).replace('"uid": 0', f'"uid": {uid}').encode()


def test_class_o_users_of_any_width(lab):
    with Pod(lab) as pod:
        bundle = pod.bundle_of("numbers")
        (bundle / "rootfs").chmod(0o777)
        pod.create("numbers", bundle)
        pod.call("Start", "numbers")
        for number, uid in enumerate((2**31 - 1, 2**31, 2**32 - 2)):
            said = bundle / f"rootfs/fits-{number}"
            assert pod.run_process("numbers", said.name, process(str(uid), said.name)) == 0
            assert (said.read_text(), said.stat().st_uid) == (f"{uid}\n", uid)
        wrong = (str(2**32 - 1), str(2**32), str(2**64), "-1", '"0x10"', '"0"', "0x10", "1.5", "1e99", "true")
        for number, uid in enumerate(wrong):
            said = bundle / f"rootfs/wrong-{number}"
            with pytest.raises(RemoteError) as error:
                pod.run_process("numbers", said.name, process(uid, said.name))
            assert error.value.code == 3, f"{uid}: {error.value}"
            assert not said.exists(), uid
        pod.end("numbers")
