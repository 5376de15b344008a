"""CVE classes A, B and H: what a container can reach of the guest's own programs, descriptors and devices."""

import pytest

pytestmark = pytest.mark.vm

CAP = ["--cap-add", "CAP_SYS_ADMIN", "--cap-add", "CAP_SYS_PTRACE", "--cap-add", "CAP_MKNOD", "--cap-add", "CAP_DAC_READ_SEARCH"]


def mounted(folder):
    return ["--mount", f"type=bind,src={folder},dst=/programs,options=rbind:ro"]


def test_class_a_agent_is_never_written(lab, programs):
    """CVE-2019-5736: what an exec runs before it is the workload is caught by its /proc/PID/exe and then written."""
    with lab.running("/programs/catch-exe", "60", flags=[*CAP, *mounted(programs)]) as name:
        for _ in range(5):
            assert lab.exec(name, "true").returncode == 0
        # The program sees the file, ends, and says how many foreign programs it met and how many it could write.
        lab.exec(name, "touch", "/tmp/catch-exe.stop")
        report = lab.wait_until(lambda: lab.exec(name, "cat", "/tmp/catch-exe.report").stdout, "the report", 60)
    words = dict(word.split("=") for word in report.split())
    assert int(words["processes"]) >= 5, f"the execs were not even seen: {report}"
    assert (words["written"], words["truncated"]) == ("0", "0"), report


def test_class_b_working_directory_of_exec_is_no_descriptor(lab):
    """CVE-2024-21626, by way of exec."""
    with lab.running() as name:
        for number in (3, 7, 9):
            done = lab.exec(name, "pwd", flags=["--cwd", f"/proc/self/fd/{number}"])
            assert done.returncode != 0 and done.stdout == "", done
        assert lab.exec(name, "pwd").stdout == "/\n"


def test_class_h_devices_of_the_guest_stay_closed(lab):
    """CVE-2026-24834, CVE-2020-2023: nodes can be made, and not opened: block devices, memory, ports, the loop control."""
    nodes = ["b 7 0", "b 1 0", "b 254 0", "b 252 0", "b 259 0", "b 8 0", "c 1 1", "c 1 2", "c 1 4", "c 1 11", "c 10 237", "c 10 229"]
    script = "".join(
        f"mknod /tmp/n{number} {node} && {{ head -c 1 /tmp/n{number} >/dev/null 2>&1 && echo opened {node}; "
        f"cat /tmp/n{number} 2>&1 >/dev/null | grep -v 'not permitted'; }}; "
        for number, node in enumerate(nodes)
    )
    # On a tmpfs, which has devices: the root's own mount is nodev on top.
    flags = [*CAP, "--mount", "type=tmpfs,src=tmpfs,dst=/tmp,options=rw:dev"]
    done = lab.run("sh", "-c", script + "echo end", flags=flags)
    assert (done.stdout, done.stderr) == ("end\n", "")
