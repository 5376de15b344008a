"""Processes that are added to a container: every field of the OCI process reaches them, as runc has it."""

import pytest

from lab.tasks import INVALID_ARGUMENT, OK, Task, code, process

#: CAP_CHOWN CAP_KILL CAP_NET_RAW
CHOWN, KILL, NET_RAW = 1 << 0, 1 << 5, 1 << 13
STATUS = ["cat", "/proc/self/status"]


def status_of(text: str) -> dict[str, str]:
    return {line.split(":")[0]: line.split(":")[1].strip() for line in text.splitlines() if ":" in line}


@pytest.fixture
def task(lab):
    """A container of ctr's default specification, and its task service."""
    with lab.running() as name, Task(lab.containerd, name) as task:
        yield task


@pytest.fixture
def run(lab, task):
    """Runs an exec of the container to its end; its standard output."""
    numbers = iter(range(1000))

    def run(*command, **fields) -> str:
        status, text = task.output(f"e{next(numbers)}", process(*command, **fields), lab.folder)
        assert status == 0, text
        return text

    return run


def test_identity_environment_and_directory(run):
    user = {"uid": 1000, "gid": 29, "additionalGids": [5, 70000]}
    script = "id -u; id -g; id -G; pwd; env | grep -v -e PATH -e SHLVL -e PWD | sort"
    text = run("sh", "-c", script, user=user, cwd="/owned", env=["PATH=/bin", "FOO=a b", "EMPTY="])
    assert text == "1000\n29\n29 5 70000\n/owned\nEMPTY=\nFOO=a b\nHOME=/home/app\n"


def test_all_five_capability_sets(run):
    sets = {
        "bounding": ["CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW"],
        "permitted": ["CAP_KILL", "CAP_NET_RAW"],
        "inheritable": ["CAP_KILL", "CAP_NET_RAW"],
        "ambient": ["CAP_KILL"],
        "effective": ["CAP_KILL"],
    }
    # As a plain user: for root the kernel recomputes the sets at exec.
    found = status_of(run(*STATUS, capabilities=sets, user={"uid": 1000, "gid": 1000}))
    names = {"CapBnd": CHOWN | KILL | NET_RAW, "CapInh": KILL | NET_RAW, "CapPrm": KILL, "CapEff": KILL, "CapAmb": KILL}
    assert {name: int(found[name], 16) for name in names} == names


def test_no_capability_at_all(run):
    """Said to be none, they are none; not said, they are the container's."""
    empty = status_of(run(*STATUS, capabilities={}))
    assert [int(empty[name], 16) for name in ("CapBnd", "CapPrm", "CapEff")] == [0, 0, 0]
    assert int(status_of(run(*STATUS))["CapBnd"], 16) == 0x00000000A80425FB


def test_an_unknown_capability_is_left_out(run):
    """The specification wants it so: a caller may know more capabilities than this kernel."""
    found = status_of(run(*STATUS, capabilities={"bounding": ["CAP_KILL", "CAP_OF_TOMORROW"]}))
    assert int(found["CapBnd"], 16) == KILL


def test_no_new_privileges(run):
    """The container has it: an exec without it must not inherit it."""
    for value in (True, False):
        assert status_of(run(*STATUS, noNewPrivileges=value))["NoNewPrivs"] == str(int(value))


def test_limits(run):
    limits = [{"type": "RLIMIT_NOFILE", "soft": 77, "hard": 99}, {"type": "RLIMIT_CORE", "soft": 0, "hard": 4096}]
    found = {line[:26].strip(): line[26:].split()[:2] for line in run("cat", "/proc/self/limits", rlimits=limits).splitlines()}
    assert (found["Max open files"], found["Max core file size"]) == (["77", "99"], ["0", "4096"])
    # As runc has it: no limits at all means those of the container, 1024 open files.
    assert run("sh", "-c", "ulimit -n") == "1024\n"


@pytest.mark.vm
def test_memory_score(run):
    """runc gives every process the container's."""
    for score in (500, 0):
        assert run("cat", "/proc/self/oom_score_adj", oomScoreAdj=score) == f"{score}\n"


@pytest.mark.vm
def test_umask(run):
    """runc gives every process the container's."""
    assert run("sh", "-c", "umask", user={"uid": 0, "gid": 0, "umask": 0o027}) == "0027\n"
    assert run("sh", "-c", "umask", user={"uid": 0, "gid": 0, "umask": 0}) == "0000\n"
    assert run("sh", "-c", "umask") == "0022\n"


@pytest.mark.vm
def test_scheduler_and_io_priority(run):
    """Newer than the runc of this machine."""
    scheduler = {"policy": "SCHED_BATCH", "nice": 7}
    text = run("sh", "-c", "ionice -p $$; exec cat /proc/self/stat", scheduler=scheduler, ioPriority={"class": "IOPRIO_CLASS_IDLE"})
    assert text.startswith("idle\n")
    # proc(5): the nice value is field 19, the real-time priority 40, the policy 41.
    fields = text.split("\n")[1].split()
    assert (fields[18], fields[40]) == ("7", "3")
    scheduler = {"policy": "SCHED_RR", "priority": 4, "flags": ["SCHED_FLAG_RESET_ON_FORK"]}
    fields = run("cat", "/proc/self/stat", scheduler=scheduler).split()
    assert (fields[39], fields[40]) == ("4", "2")


@pytest.mark.vm
def test_processors(run):
    """Newer than the runc of this machine."""
    assert status_of(run(*STATUS, execCPUAffinity={"final": "0"}))["Cpus_allowed_list"] == "0"


def test_terminal_and_its_size(lab, task):
    fields = {"terminal": True, "consoleSize": {"height": 31, "width": 97}}
    status, text = task.output("tty", process("sh", "-c", "stty size; tty; test -t 0 && echo input", **fields), lab.folder)
    assert status == 0
    assert text.replace("\r", "").splitlines() == ["31 97", text.splitlines()[1].strip(), "input"]
    assert "/dev/pts/" in text


@pytest.mark.vm
def test_labels_are_dropped_with_a_word(lab, run):
    """The guest's kernel has neither policy."""
    assert run("echo", "works", apparmorProfile="cri-containerd", selinuxLabel="system_u:system_r:svirt_t:s0") == "works\n"
    log = lab.log()
    assert "AppArmor" in log and "SELinux" in log


def test_a_working_directory_that_is_missing(task):
    """The first process has it made; a further one does not."""
    task.exec("x", process("pwd", cwd="/not/there"))
    assert code(task.start, "x") != OK
    task.delete("x")


#: each is wrong in one field
NONSENSE = [
    {"cwd": ""},
    {"cwd": "tmp"},
    {"cwd": "/proc/self/fd/7"},
    {"args": []},
    {"args": [""]},
    {"env": ["NO_EQUALS_SIGN"]},
    {"user": {"uid": 4294967295, "gid": 0}},
    {"oomScoreAdj": 1001},
    {"rlimits": [{"type": "NOFILE", "soft": 1, "hard": 1}]},
    {"scheduler": {"policy": "SCHED_BEST"}},
    {"execCPUAffinity": {"final": "3-1"}},
    {"terminal": "yes"},
]


@pytest.mark.vm
def test_what_makes_no_sense_is_refused_before_anything_is_made(task):
    """runc notices at Start, and answers Unknown."""
    for fields in NONSENSE:
        assert code(task.exec, "x", process("true") | fields) == INVALID_ARGUMENT, fields
    # The id is free still.
    task.exec("x", process("true"))
    task.delete("x")
