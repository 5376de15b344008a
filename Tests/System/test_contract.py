"""How the helpers of a sandbox run: what they may do, see and hold. The facts are read from /proc."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from lab.paths import BIN
from lab.ttrpc import make_bundle

pytestmark = pytest.mark.vm

CAP_SYS_CHROOT, CAP_SYS_ADMIN = 1 << 18, 1 << 21
#: what virtiofsd keeps to give files their owners: CHOWN DAC_OVERRIDE FOWNER FSETID SETGID SETUID MKNOD SETFCAP
FILE_SERVER = sum(1 << n for n in (0, 1, 3, 4, 6, 7, 27, 31))


def status(process) -> dict[str, str]:
    lines = Path(f"/proc/{process.host_pid}/status").read_text().splitlines()
    return {line.split(":")[0]: line.split(":")[1].strip() for line in lines}


def descriptors(process) -> list[str]:
    folder = Path(f"/proc/{process.host_pid}/fd")
    return sorted(os.readlink(entry).split(":")[0] for entry in folder.iterdir())


def capabilities(process, name: str) -> int:
    return int(status(process)[name], 16)


def test_monitor(lab):
    with lab.running():
        monitor = lab.one("qemu-system")
        found = status(monitor)
        assert (found["NoNewPrivs"], found["Seccomp"]) == ("1", "2")
        # What QEMU itself needs to leave for its empty root, and nothing else.
        for name in ("CapEff", "CapPrm", "CapAmb", "CapBnd"):
            assert capabilities(monitor, name) & ~CAP_SYS_CHROOT == 0, name
        # Its root is an empty folder: nothing of the host can be opened by a name.
        assert os.listdir(f"/proc/{monitor.host_pid}/root/") == []
        host = ("/etc", "/home", "/root", "/var", str(lab.containerd.folder / "root"))
        assert not [held for held in descriptors(monitor) if held.startswith(host)]


def test_file_servers(lab):
    with lab.running():
        servers = lab.containerd.named("virtiofsd")
        assert servers
        for server in servers:
            found = status(server)
            assert found["NoNewPrivs"] == "1"
            assert capabilities(server, "CapBnd") & CAP_SYS_ADMIN == 0
        server = servers[-1]
        assert status(server)["Seccomp"] == "2"
        assert capabilities(server, "CapEff") & ~FILE_SERVER == 0
        words = server.command
        assert any(word.startswith("--sandbox=") and word != "--sandbox=none" for word in words)
        assert "--seccomp=kill" in words
        for kind in ("pid", "net", "ipc", "mnt"):
            mine = os.readlink(f"/proc/{server.host_pid}/ns/{kind}")
            assert mine != os.readlink(f"/proc/{lab.containerd.init_pid}/ns/{kind}"), kind


def test_the_share_holds_nothing_but_the_container(lab):
    """Seen by the file server itself: its root is the share, and no mount in it is the host's."""
    with lab.running():
        server = lab.containerd.named("virtiofsd")[-1]
        root = Path(f"/proc/{server.host_pid}/root")
        names = {str(path.relative_to(root)) for path in root.rglob("*") if len(path.relative_to(root).parts) <= 2}
        assert names and not names & {"etc", "proc", "usr", "bin", "home", "root", "var", "work"}, names
        lines = Path(f"/proc/{server.host_pid}/mountinfo").read_text().splitlines()
        assert len(lines) <= 5, lines


def test_shim(lab):
    with lab.running():
        shim = lab.one("containerd-shim-swiftlet")
        found = status(shim)
        assert int(found["Threads"]) <= 3
        # A listening socket below /run/containerd/s, by path and for root alone; no abstract one.
        sockets = list(lab.containerd.inside("/run/containerd/s").iterdir())
        assert [oct(path.stat().st_mode & 0o777) for path in sockets] == ["0o600"]
        lines = Path(f"/proc/{lab.containerd.init_pid}/net/unix").read_text().splitlines()
        assert not [line for line in lines if " @" in line and "swiftlet" in line]
        states = list(lab.containerd.inside("/run/swiftlet").iterdir())
        assert [oct(path.stat().st_mode & 0o777) for path in states] == ["0o700"]


def test_mount_table_of_the_host_never_changes(lab):
    """Neither what containerd's namespace mounts nor the number of its mounts depends on containers."""
    table = Path(f"/proc/{lab.containerd.init_pid}/mountinfo")
    before = table.read_text()
    with lab.running():
        assert table.read_text() == before


def test_plan_is_what_runs(lab):
    """`swiftlet plan` and Create share planner and renderer: their command lines differ in descriptors and paths only."""
    with lab.running() as name:
        running = list(lab.one("qemu-system").command)
        bundle = lab.containerd.inside(f"/run/containerd/io.containerd.runtime.v2.task/default/{name}")
        specification = json.loads((bundle / "config.json").read_text())
        copy = make_bundle(lab.folder / "bundle", specification)
        words = [BIN / "swiftlet", "plan", "--bundle", copy, "--id", name, "--format", "argv", "--debug"]
        words += ["--config", lab.containerd.folder / "configuration.toml"]
        planned = lab.containerd.execute(*words).stdout.splitlines()
    assert [word for word in planned if word.startswith("-")] == [word for word in running if word.startswith("-")]
    devices = [word.split(",")[0] for word in running]
    assert [word.split(",")[0] for word in planned] == devices


def test_plan_starts_nothing(lab):
    copy = make_bundle(lab.folder / "bundle", {"ociVersion": "1.0.2", "process": {"cwd": "/", "args": ["true"]}})
    words = ["strace", "-f", "-e", "trace=execve,clone3,mount,unlink", BIN / "swiftlet", "plan", "--bundle", copy, "--id", "x"]
    done = lab.containerd.execute(*words, "--config", lab.containerd.folder / "configuration.toml", check=False)
    calls = [line for line in done.stderr.splitlines() if "(" in line and not line.startswith("+++")]
    assert len([line for line in calls if "execve(" in line]) == 1
    assert not [line for line in calls if line.split("(")[0].split()[-1] in ("mount", "unlink", "clone3")]


def test_what_a_sandbox_consists_of(lab):
    """A helper that nobody asked for would show here."""
    with lab.running():
        # By the file that runs: a helper's first argument may carry the sandbox's id.
        programs = {os.readlink(f"/proc/{process.host_pid}/exe") for process in lab.containerd.processes()}
        names = {Path(program).name for program in programs} - {"containerd"}
        expected = {"containerd-shim-swiftlet-v2", "qemu-system-x86_64", "virtiofsd"}
        if not os.path.exists("/dev/vhost-vsock"):
            expected.add("vhost-device-vsock")
        assert names == expected


def test_workload_gets_no_host_process(lab):
    """Nothing may ever run on the host: no process inside the namespaces has the container's command."""
    with lab.running("sleep", "4242"):
        assert not [process for process in lab.containerd.processes() if "4242" in process.command]
    assert subprocess.run(["pgrep", "-f", "sleep 4242"], capture_output=True).stdout == b""
