"""Who a container's process is, where, and what it may do."""

import json

import pytest

#: the capabilities of ctr's default specification, as a mask
DEFAULT_CAPABILITIES = 0x00000000A80425FB


def status_of(text: str) -> dict[str, str]:
    return {line.split(":")[0]: line.split(":")[1].strip() for line in text.splitlines() if ":" in line}


def test_user_and_groups(lab):
    text = lab.output("sh", "-c", "id -u; id -g; id -G", image="swiftlet.test/user-1000-29:latest")
    assert text.split("\n")[:2] == ["1000", "29"]
    assert "29" in text.split("\n")[2].split()


def test_user_of_the_image(lab):
    text = lab.output("sh", "-c", "id -u; id -g; pwd; echo $FROM_IMAGE", image="swiftlet.test/user:latest")
    assert text == "1000\n1000\n/home/app\nyes\n"


def test_environment_and_working_directory(lab):
    flags = ["--env", "FOO=a b=c", "--env", "EMPTY=", "--cwd", "/owned"]
    text = lab.output("sh", "-c", 'echo "$FOO"; echo "${EMPTY-unset}"; echo $FROM_IMAGE; pwd', flags=flags)
    assert text == "a b=c\n\nyes\n/owned\n"


def test_arguments_arrive_as_they_are(lab):
    words = ["", " ", "a b", "'\"\\", "$HOME", "*", "-n", "ä€😀"]
    assert lab.output("sh", "-c", 'for a; do echo "<$a>"; done', "sh", *words) == "".join(f"<{w}>\n" for w in words)


def test_exec_with_user_environment_and_directory(lab):
    flags = ["--env", "FOO=bar"]
    with lab.running(flags=flags) as name:
        words = ["sh", "-c", "id -u; id -g; echo $FOO; pwd"]
        done = lab.exec(name, *words, flags=["--user", "1000:1000", "--cwd", "/tmp"])
        assert (done.returncode, done.stdout) == (0, "1000\n1000\nbar\n/tmp\n")
        assert lab.exec(name, *words).stdout == "0\n0\nbar\n/\n"


def test_default_capabilities_and_no_new_privileges(lab):
    status = status_of(lab.output("cat", "/proc/self/status"))
    assert [int(status[name], 16) for name in ("CapPrm", "CapEff", "CapBnd")] == [DEFAULT_CAPABILITIES] * 3
    assert int(status["CapAmb"], 16) == 0
    assert status["NoNewPrivs"] == "1"


def test_dropped_and_added_capabilities(lab):
    flags = ["--cap-drop", "CAP_CHOWN", "--cap-add", "CAP_SYS_TIME"]
    text = lab.run("sh", "-c", "cat /proc/self/status; chown 1 /etc/upper && echo changed", flags=flags)
    bounding = int(status_of(text.stdout)["CapBnd"], 16)
    assert bounding == DEFAULT_CAPABILITIES & ~(1 << 0) | 1 << 25
    assert "changed" not in text.stdout
    assert "not permitted" in text.stderr


def test_capabilities_of_a_plain_user(lab):
    status = status_of(lab.output("cat", "/proc/self/status", image="swiftlet.test/user-1000-1000:latest"))
    assert int(status["CapEff"], 16) == 0
    assert int(status["CapBnd"], 16) == DEFAULT_CAPABILITIES


def test_capabilities_of_exec(lab):
    with lab.running(flags=["--cap-drop", "CAP_CHOWN"]) as name:
        status = status_of(lab.exec(name, "cat", "/proc/self/status").stdout)
    assert int(status["CapBnd"], 16) == DEFAULT_CAPABILITIES & ~1


def test_seccomp_profile_is_in_force(lab):
    profile = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "architectures": ["SCMP_ARCH_X86_64"],
        "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95}],
    }
    (lab.folder / "profile.json").write_text(json.dumps(profile))
    flags = ["--seccomp", "--seccomp-profile", lab.folder / "profile.json"]
    done = lab.run("sh", "-c", "grep Seccomp: /proc/self/status; mkdir /tmp/x; touch /tmp/y && echo works", flags=flags)
    assert done.stdout.split() == ["Seccomp:", "2", "works"]
    assert "not supported" in done.stderr


def test_default_seccomp_profile(lab):
    with lab.running(flags=["--seccomp"]) as name:
        for text in (lab.exec(name, "cat", "/proc/self/status").stdout, lab.exec(name, "cat", "/proc/1/status").stdout):
            assert status_of(text)["Seccomp"] == "2"


def test_resource_limits(lab):
    assert lab.output("sh", "-c", "ulimit -n") == "1024\n"


def test_descriptors(lab):
    """Nothing but the three streams, and the folder that ls itself reads."""
    assert lab.output("ls", "/proc/self/fd").split() == ["0", "1", "2", "3"]
    with lab.running() as name:
        assert lab.exec(name, "ls", "/proc/self/fd").stdout.split() == ["0", "1", "2", "3"]


def test_working_directory_that_is_a_descriptor_is_refused(lab):
    done = lab.run("pwd", flags=["--cwd", "/proc/self/fd/7"])
    assert done.returncode != 0
    assert done.stdout == ""


def test_first_process(lab):
    assert lab.output("sh", "-c", "echo $$; cat /proc/1/comm; echo end") == "1\nsh\nend\n"


@pytest.mark.parametrize("path", ["/proc/kcore", "/proc/keys", "/sys/firmware"])
def test_masked_paths(lab, path):
    script = f"if [ -d {path} ]; then ls {path}; elif [ -e {path} ]; then cat {path}; fi"
    assert lab.output("sh", "-c", script) == ""


def test_read_only_paths(lab):
    done = lab.run("sh", "-c", "echo 1 > /proc/sys/kernel/panic && echo written; echo b > /proc/sysrq-trigger && echo sent")
    assert done.stdout == ""


def test_devices(lab):
    script = "for d in null zero full random urandom tty; do stat -c '%n %t:%T' /dev/$d; done; head -c 3 /dev/zero | xxd -p"
    expected = ["null 1:3", "zero 1:5", "full 1:7", "random 1:8", "urandom 1:9", "tty 5:0"]
    assert lab.output("sh", "-c", script) == "".join(f"/dev/{line}\n" for line in expected) + "000000\n"


def test_a_chroot_is_not_the_only_wall(lab, programs):
    """Root with CAP_SYS_CHROOT leaves any chroot; the container's root must be the root of its mount namespace."""
    flags = ["--mount", f"type=bind,src={programs},dst=/programs,options=rbind:ro", "--cap-add", "CAP_SYS_CHROOT"]
    assert lab.output("/programs/escape", flags=flags) == "agent 0 image 1\n"
