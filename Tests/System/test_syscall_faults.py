"""Rows 16 and 17: system calls fail, once or from then on. Nothing hangs, nothing traps, nothing is left."""

import itertools

import pytest
from faulting import Faulting

pytestmark = pytest.mark.vm

#: what can befall a call: no space, no descriptors, no memory, no processes, bad disks, interruptions
FAULTS = {
    "openat": ["EMFILE", "ENOSPC", "EIO", "EINTR"],
    "write": ["ENOSPC", "EIO", "EINTR", "EAGAIN"],
    "mkdir,mkdirat": ["ENOSPC", "EIO"],
    "fsync": ["EIO", "ENOSPC"],
    "rename,renameat,renameat2": ["ENOSPC", "EIO"],
    "mount": ["ENOMEM"],
    "umount2": ["ENOMEM"],
    "open_tree": ["EMFILE", "ENOMEM"],
    "move_mount": ["ENOMEM"],
    "fsopen": ["EMFILE", "ENOMEM"],
    "fsmount": ["EMFILE", "ENOMEM"],
    "clone,clone3,vfork": ["EAGAIN", "ENOMEM"],
    "socket": ["EMFILE", "ENOMEM"],
    "socketpair": ["EMFILE"],
    "pipe2": ["EMFILE"],
    "connect": ["EAGAIN", "EINTR", "ENOMEM"],
    "sendmsg,writev": ["ENOMEM", "EAGAIN", "EINTR"],
    "ioctl": ["EIO", "EINTR"],
    "mmap": ["ENOMEM"],
}
#: one error of each call; how far the sample goes, and the verbs
SAMPLE = {
    "openat": "EMFILE",
    "write": "ENOSPC",
    "mkdir,mkdirat": "ENOSPC",
    "fsync": "EIO",
    "open_tree": "ENOMEM",
    "move_mount": "ENOMEM",
    "clone,clone3,vfork": "EAGAIN",
    "socket": "EMFILE",
    "connect": "EAGAIN",
}


@pytest.fixture
def faulting(lab):
    return Faulting(lab)


def report(faulting, problems) -> None:
    print(f"{faulting.runs} runs")
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("call", SAMPLE)
def test_rows16_17_sample(faulting, call):
    # Every few, ever farther apart: the whole is a long test.
    # No write at all, not even to the loop's own eventfd, is nothing that happens; it takes every deadline.
    forms = ("",) if call == "write" else ("", "+")
    report(faulting, faulting.sweep(faulting.life, call, SAMPLE[call], (1, 2, 5, 13, 34), forms))


@pytest.mark.parametrize("verb", ["start", "delete"])
def test_rows16_17_sample_of_verbs(faulting, verb):
    problems = []
    for call in ("openat", "write", "clone,clone3,vfork"):
        problems += faulting.sweep(lambda *fault: faulting.verb(verb, *fault), call, SAMPLE[call], (1, 2, 5), ("+",))
    report(faulting, problems)


@pytest.mark.long
@pytest.mark.parametrize("call", FAULTS)
def test_rows16_17_every_call(faulting, call):
    problems = []
    for error in FAULTS[call]:
        # Interruptions that never end are none.
        forms = ("",) if error in ("EINTR", "EAGAIN") else ("", "+")
        problems += faulting.sweep(faulting.life, call, error, itertools.count(1), forms)
    report(faulting, problems)


@pytest.mark.long
@pytest.mark.parametrize("verb", ["start", "delete"])
def test_rows16_17_every_call_of_verbs(faulting, verb):
    problems = []
    for call, errors in FAULTS.items():
        problems += faulting.sweep(
            lambda *fault: faulting.verb(verb, *fault), call, errors[0], itertools.count(1), ("",)
        )
    report(faulting, problems)
