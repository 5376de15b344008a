"""A command that can't be run is said in runc's words, and leaves nothing."""

import pytest


@pytest.mark.parametrize(
    "command, words",
    [
        ("/absent", ["/absent", "no such file or directory"]),
        ("/absent/deep/er", ["/absent/deep/er", "no such file or directory"]),
        ("absent", ['"absent"', "executable file not found in $PATH"]),
        ("/etc/not-executable", ["/etc/not-executable", "permission denied"]),
        ("/etc", ["/etc", "permission denied|is a directory"]),
        ("/etc/upper/below", ["/etc/upper/below", "not a directory"]),
    ],
)
def test_command_that_cannot_be_run(lab, command, words):
    done = lab.run(command)
    assert done.returncode != 0
    assert done.stdout == ""
    for word in words:
        assert any(choice in done.stderr for choice in word.split("|")), done.stderr


def test_file_that_is_no_program(lab):
    """The kernel refuses it with ENOEXEC; a shell would run it, and no shell was asked for."""
    (lab.folder / "text").write_text("echo must not run\n")
    (lab.folder / "text").chmod(0o755)
    flags = ["--mount", f"type=bind,src={lab.folder},dst=/data,options=rbind:ro"]
    done = lab.run("/data/text", flags=flags)
    assert done.returncode != 0
    assert done.stdout == "" and "exec format error" in done.stderr


def test_working_directory_that_is_missing_is_made(lab):
    assert lab.output("pwd", flags=["--cwd", "/made/for/me"]) == "/made/for/me\n"


@pytest.mark.parametrize("command", ["absent", "/etc/not-executable"])
def test_exec_of_a_command_that_cannot_be_run(lab, command):
    with lab.running() as name:
        done = lab.exec(name, command)
        assert done.returncode != 0 and command in done.stderr
        assert "permission denied" in done.stderr or "executable file not found in $PATH" in done.stderr
        assert lab.status(name) == "RUNNING"
