"""`swiftlet check` says what is so: a container runs exactly when it says so, and nothing of the looking stays."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab import configuration
from lab.paths import BIN, GUEST, LAB

pytestmark = pytest.mark.vm

QEMU = "hypervisor.qemu"
#: the rows in order; part of what the command promises
NAMES = """configuration linux capabilities cgroups mount-calls namespaces user-namespaces seccomp state-folder open-files
    locked-memory processes mount-propagation overlayfs iommu containerd shim memory vsock virtiofsd file-server monitor
    monitor-devices firmware kernel kernel-options guest-root monitor-user vfio-driver vfio-nodes vfio-memory vfio-devices
    kvm guest-boot""".split()
SECONDS = 150


def check(*arguments, prefix=(), **options):
    words = [*map(str, prefix), str(BIN / "swiftlet"), "check", *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, **options)


def report(config, prefix=()):
    """The rows by name, and the exit status, which must fit them."""
    done = check("--config", config, "--format", "json", prefix=prefix)
    assert done.returncode in (0, 1) and done.stderr == "", done.stderr
    whole = json.loads(done.stdout)
    rows = {row["name"]: row for row in whole["rows"]}
    bad = [row for row in rows.values() if row["required"] and row["state"] in ("missing", "unknown")]
    assert whole["containersCanRun"] == (not bad) == (done.returncode == 0), done.stdout
    return rows, done.returncode


def misses(rows) -> set[str]:
    return {name for name, row in rows.items() if row["required"] and row["state"] == "missing"}


def test_this_host_runs_a_container_and_the_table_says_so(lab):
    rows, status = report(lab.configure())
    assert status == 0, rows
    assert rows["monitor"]["found"].startswith("QEMU ")
    assert "virtiofsd 1.13" in rows["virtiofsd"]["found"]
    assert rows["kernel"]["found"].startswith("Linux 6.") and "PVH" in rows["kernel"]["found"]
    assert rows["guest-root"]["found"].startswith("initramfs (cpio)")
    assert rows["guest-boot"]["found"].startswith("the agent is ready after ")
    assert rows["file-server"]["state"] == "ok"
    assert not rows["kvm"]["required"], "with tcg the row is for information"
    if not Path("/dev/vhost-vsock").exists():
        assert rows["vsock"]["found"].startswith("vhost-device-vsock ")
    assert lab.output("echo", "ran") == "ran\n"


def test_form_of_json(lab):
    done = check("--config", lab.configure(), "--format", "json")
    whole = json.loads(done.stdout)
    assert set(whole) == {"version", "containersCanRun", "rows"} and whole["version"] == 1
    assert [row["name"] for row in whole["rows"]] == NAMES
    for row in whole["rows"]:
        assert set(row) == {"name", "state", "required", "found", "advice"}
        assert row["state"] in ("ok", "warning", "missing", "unknown")
        assert isinstance(row["required"], bool) and row["found"]
        assert row["advice"] is None or row["advice"]
        assert row["state"] != "missing" or row["advice"], row


def test_table_says_the_same(lab):
    done = check("--config", lab.configure())
    assert done.returncode == 0 and done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[-1] == "A container can run here."
    assert [line.split()[1] for line in lines if line and line.split()[0] in ("ok", "warning", "missing", "unknown")] == NAMES


@pytest.mark.parametrize(
    "key, row",
    [
        ("path", "monitor"),
        ("kernel", "kernel"),
        ("initrd", "guest-root"),
        ("firmware", "firmware"),
        ("virtio_fs_daemon", "virtiofsd"),
        ("vhost_user_vsock_daemon", "vsock"),
    ],
)
def test_file_that_is_missing(lab, key, row):
    if row == "vsock" and os.path.exists("/dev/vhost-vsock"):
        pytest.skip("this host has /dev/vhost-vsock: the daemon is not needed")
    rows, status = report(lab.configure({QEMU: {key: "/absent/file"}}))
    assert status == 1 and misses(rows) == {row}
    assert "'/absent/file'" in rows[row]["found"] and key in rows[row]["advice"]
    assert lab.run("true").returncode != 0


def test_user_of_the_monitor(lab):
    rows, status = report(lab.configure({"security": {"vmm_user": 65534}}))
    assert status == 0 and rows["monitor-user"]["found"] == "user 65534 with group 65534, without capabilities"
    kernel = lab.folder / "kernel"
    kernel.write_bytes((GUEST / "vmlinux").read_bytes())
    kernel.chmod(0o600)
    rows, status = report(lab.configure({"security": {"vmm_user": 65534}, QEMU: {"kernel": str(kernel)}}))
    assert status == 1 and misses(rows) == {"monitor-user"}
    assert f"it can't read '{kernel}'" in rows["monitor-user"]["found"]


def stub(lab, name: str, text: str) -> Path:
    path = lab.folder / name
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_kernel_that_is_another_file(lab):
    rows, status = report(lab.configure({QEMU: {"kernel": str(GUEST / "initrd")}}))
    assert status == 1 and misses(rows) == {"kernel"} and "is no kernel" in rows["kernel"]["found"]
    assert rows["guest-boot"]["found"] == "not tried: see kernel"
    assert lab.run("true").returncode != 0


def test_kernel_that_is_cut_off(lab):
    """Only booting it shows that."""
    kernel = lab.folder / "vmlinux"
    whole = (GUEST / "vmlinux").read_bytes()
    kernel.write_bytes(whole[: len(whole) * 3 // 4])
    rows, status = report(lab.configure({QEMU: {"kernel": str(kernel)}, "agent.kata": {"dial_timeout": 20}}))
    assert status == 1 and misses(rows) == {"guest-boot"}, rows
    assert lab.run("true").returncode != 0


def test_initramfs_without_an_agent(lab):
    initrd = lab.folder / "initrd"
    initrd.write_bytes(b"070701" + b"0" * 88 + b"0000000B" + b"00000000" + b"TRAILER!!!\0\0\0\0")
    rows, status = report(lab.configure({QEMU: {"initrd": str(initrd)}, "agent.kata": {"dial_timeout": 30}}))
    assert status == 1 and misses(rows) == {"guest-boot"}, rows
    assert "Kernel panic" in rows["guest-boot"]["found"]
    assert lab.run("true", timeout=120).returncode != 0


def test_claim_about_kvm_agrees_with_a_container(lab):
    """Wherever this runs: on hosts without, with a KVM that boots ordinary kernels, and with one that does not."""
    rows, status = report(lab.configure({QEMU: {"accelerator": "kvm"}}))
    assert rows["kvm"]["required"]
    assert (status == 0) == (rows["kvm"]["state"] == "ok"), rows
    assert (lab.run("true").returncode == 0) == (status == 0), rows["kvm"]


def test_virtiofsd_that_runs_and_does_not_serve(lab):
    daemon = configuration.BASE[QEMU]["virtio_fs_daemon"]
    broken = stub(lab, "virtiofsd", f'#!/bin/sh\ncase $1 in --version|--help) exec {daemon} "$1";; esac\necho cannot serve >&2\nexit 3\n')
    rows, status = report(lab.configure({QEMU: {"virtio_fs_daemon": str(broken)}}))
    assert rows["virtiofsd"]["state"] == "ok"
    assert status == 1 and misses(rows) == {"file-server"}, rows
    assert lab.run("true").returncode != 0


def test_newer_virtiofsd(lab):
    rows, status = report(lab.configure({QEMU: {"virtio_fs_daemon": str(LAB / "bin/virtiofsd-1.14")}}))
    assert status == 0 and "virtiofsd 1.14" in rows["virtiofsd"]["found"], rows


def test_monitor_that_hangs(lab):
    hanging = stub(lab, "qemu", "#!/bin/sh\nsleep 7531 &\nsleep 7531\n")
    start = time.monotonic()
    rows, status = report(lab.configure({QEMU: {"path": str(hanging)}}))
    assert time.monotonic() - start < 100
    assert status == 1 and misses(rows) == {"monitor"} and "did not end in time" in rows["monitor"]["found"]
    assert not [line for line in commands() if "sleep 7531" in line]


def test_configuration_with_an_unknown_key(lab):
    rows, status = report(lab.configure({QEMU: {"default_memroy": 512}}))
    assert status == 1 and misses(rows) == {"configuration"}
    assert "default_memory" in rows["configuration"]["found"]
    assert list(rows) == NAMES, "the rows of the host are there all the same"


def test_configuration_that_is_missing(tmp_path):
    rows, status = report(tmp_path / "absent.toml")
    assert status == 1 and misses(rows) == {"configuration"}


def test_configuration_is_found_as_the_shim_finds_it(lab):
    path = lab.configure({QEMU: {"default_memroy": 512}})
    done = check(env={**os.environ, "SWIFTLET_CONF_FILE": str(path)})
    assert done.returncode == 1 and str(path) in done.stdout


@pytest.mark.parametrize("arguments", [["--format", "yaml"], ["--wrong"], ["more"], ["--config"]])
def test_wrong_call(arguments):
    done = check(*arguments)
    assert done.returncode == 2 and done.stdout == "" and "Usage:" in done.stderr


def test_wrong_command():
    done = subprocess.run([BIN / "swiftlet", "chekc"], capture_output=True, text=True)
    assert done.returncode == 2 and "chekc" in done.stderr


def test_help():
    done = check("--help")
    assert done.returncode == 0 and "--config" in done.stdout and "Exits with 0" in done.stdout


def test_ordinary_user():
    """Nothing can be tried that needs root, and that is what it says."""
    path = Path("/tmp") / f"swiftlet-check-test-{os.getpid()}.toml"
    path.write_text(configuration.render())
    path.chmod(0o644)
    try:
        user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--no-new-privs"]
        rows, status = report(path, prefix=user)
    finally:
        path.unlink()
    assert status == 1
    assert {"capabilities", "mount-calls", "namespaces", "state-folder"} <= misses(rows), rows
    assert rows["capabilities"]["advice"] == "run this as root, as containerd runs"
    assert rows["file-server"]["state"] == "unknown" and "capabilities" in rows["file-server"]["found"]
    assert rows["monitor"]["state"] == "ok" and rows["guest-boot"]["state"] == "ok", "these need no rights"


def test_root_that_lacks_a_capability(lab):
    prefix = ["setpriv", "--inh-caps", "-mknod", "--bounding-set", "-mknod"]
    rows, status = report(lab.configure(), prefix=prefix)
    assert status == 1 and "CAP_MKNOD" in rows["capabilities"]["found"]


def commands() -> list[str]:
    lines = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(process.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            pass
    return lines


def surroundings() -> dict:
    """What the command could have changed."""
    folders = ["/run", "/tmp", "/run/swiftlet", "/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/freezer"]
    ours = {folder: sorted(name for name in (os.listdir(folder) if os.path.isdir(folder) else []) if "swiftlet" in name) for folder in folders}
    kept = Path("/proc/self/mountinfo").read_text(), Path("/proc/modules").read_text() if Path("/proc/modules").exists() else ""
    return {**ours, "kernel": kept, "commands": sorted(line for line in commands() if "swiftlet-check" in line)}


def test_nothing_changes(lab):
    path = lab.configure()
    before = surroundings()
    assert check("--config", path).returncode == 0
    assert surroundings() == before


#: Runs a command, sends it a signal after a while, and tells how it ended and which of its descendants are left.
INTERRUPT = """
import ctypes, json, os, pathlib, signal, subprocess, sys, time
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: what is orphaned becomes ours
number, delay, *words = sys.argv[1:]
process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
time.sleep(float(delay))
process.send_signal(int(number))
code = process.wait(20)
end = time.monotonic() + 10
while True:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]: pass
        left = True
    except ChildProcessError:
        left = False
    if not left or time.monotonic() > end: break
    time.sleep(0.02)
print(json.dumps([code, left]))
"""


@pytest.mark.parametrize("number, delay", [(2, 0.05), (2, 0.2), (2, 0.5), (2, 1), (2, 2), (15, 0.5), (9, 0.5), (9, 2)])
def test_nothing_is_left_after_a_signal(lab, number, delay):
    path = lab.configure()
    before = surroundings()
    words = [sys.executable, "-c", INTERRUPT, str(number), str(delay), str(BIN / "swiftlet"), "check", "--config", str(path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    code, left = json.loads(done.stdout)
    assert code in (-number, 0) and not left
    assert surroundings() == before
