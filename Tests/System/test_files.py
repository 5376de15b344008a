"""What a container sees of its image and of the host, and what it can change."""

import stat

import pytest


def bind(source, target, *options):
    return ["--mount", f"type=bind,src={source},dst={target},options=rbind:{':'.join(options)}"]


@pytest.mark.parametrize("snapshotter", ["overlayfs", "native"])
def test_layers(lab, snapshotter):
    script = "cat /etc/lower /etc/upper; [ -e /etc/gone ] || echo gone; echo changed > /etc/lower; cat /etc/lower"
    text = lab.output("sh", "-c", script, flags=["--snapshotter", snapshotter])
    assert text == "from the first layer\nfrom the second layer\ngone\nchanged\n"


def test_changes_stay_in_the_container(lab):
    lab.output("sh", "-c", "echo changed > /etc/lower; rm /etc/upper")
    assert lab.output("cat", "/etc/lower", "/etc/upper") == "from the first layer\nfrom the second layer\n"


def test_many_layers(lab):
    text = lab.output("sh", "-c", "cat /last; ls / | grep -c layer-", image="swiftlet.test/many-layers:latest")
    assert text == "39\n40\n"


def test_ownership_and_modes_of_the_image(lab):
    script = "stat -c '%n %u:%g %a' /owned/app /owned/high /owned/setuid /owned/sticky; readlink /owned/outside"
    assert lab.output("sh", "-c", script).splitlines() == [
        "/owned/app 1000:1000 640",
        "/owned/high 70000:70001 604",
        "/owned/setuid 1:2 4755",
        "/owned/sticky 3:4 1777",
        "/../../../../etc/hostname",
    ]


def test_ownership_decides_who_may_read(lab):
    script = "cat /owned/app /owned/high; true"
    done = lab.run("sh", "-c", script, image="swiftlet.test/user-1000-1000:latest")
    assert done.stdout == "1000:1000\n70000:70001\n"
    done = lab.run("sh", "-c", script, image="swiftlet.test/user-2000-2000:latest")
    assert done.stdout == "70000:70001\n"
    assert "Permission denied" in done.stderr


def test_read_only_root(lab):
    done = lab.run("sh", "-c", "touch /new || touch /etc/upper || echo x > /etc/lower || echo refused", flags=["--read-only"])
    assert done.stdout == "refused\n"
    assert done.stderr.count("Read-only file system") == 3


def test_writable_folder(lab):
    shared = lab.folder / "shared"
    shared.mkdir()
    (shared / "old").write_text("from the host\n")
    script = "cat /data/old; echo from the guest > /data/new; mkdir /data/sub; ln -s old /data/link; rm /data/old"
    assert lab.output("sh", "-c", script, flags=bind(shared, "/data", "rw")) == "from the host\n"
    assert (shared / "new").read_text() == "from the guest\n"
    assert (shared / "sub").is_dir() and (shared / "link").is_symlink() and not (shared / "old").exists()


def test_read_only_folder(lab):
    shared = lab.folder / "shared"
    shared.mkdir()
    (shared / "old").write_text("from the host\n")
    script = "cat /data/old; touch /data/new || echo x > /data/old || rm /data/old || echo refused"
    done = lab.run("sh", "-c", script, flags=bind(shared, "/data", "ro"))
    assert done.stdout == "from the host\nrefused\n"
    assert (shared / "old").read_text() == "from the host\n" and not (shared / "new").exists()


def test_writable_file(lab):
    shared = lab.folder / "file"
    shared.write_text("before\n")
    text = lab.output("sh", "-c", "cat /etc/bound; echo after > /etc/bound", flags=bind(shared, "/etc/bound", "rw"))
    assert text == "before\n"
    assert shared.read_text() == "after\n"


def test_read_only_file(lab):
    shared = lab.folder / "file"
    shared.write_text("before\n")
    done = lab.run("sh", "-c", "cat /etc/upper; echo x > /etc/upper || echo refused", flags=bind(shared, "/etc/upper", "ro"))
    assert done.stdout == "before\nrefused\n"
    assert shared.read_text() == "before\n"


def test_read_only_mount_cannot_be_made_writable(lab):
    shared = lab.folder / "shared"
    shared.mkdir()
    flags = [*bind(shared, "/data", "ro"), "--cap-add", "CAP_SYS_ADMIN"]
    lab.run("sh", "-c", "mount -o remount,rw /data; mount -o remount,rw,bind /data; touch /data/new", flags=flags)
    # runc can't hold root with CAP_SYS_ADMIN off a bind mount; a host that exports it read-only can.
    if "runc" not in lab.runtime:
        assert not (shared / "new").exists()


def test_writes_of_the_host_are_seen(lab):
    shared = lab.folder / "shared"
    shared.mkdir()
    with lab.running(flags=bind(shared, "/data", "rw")) as name:
        (shared / "late").write_text("written later\n")
        assert lab.exec(name, "cat", "/data/late").stdout == "written later\n"


def test_ownership_through_a_mount(lab):
    shared = lab.folder / "shared"
    shared.mkdir(mode=0o777)
    shared.chmod(0o777)
    (shared / "mine").write_text("")
    script = "chown 1234:5678 /data/mine; chmod 4750 /data/mine; stat -c '%u:%g %a' /data/mine"
    assert lab.output("sh", "-c", script, flags=bind(shared, "/data", "rw")) == "1234:5678 4750\n"
    found = (shared / "mine").stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (1234, 5678, 0o4750)

    image = "swiftlet.test/user-1000-1000:latest"
    lab.output("sh", "-c", "touch /data/made; mkdir /data/folder", flags=bind(shared, "/data", "rw"), image=image)
    assert {((shared / n).stat().st_uid, (shared / n).stat().st_gid) for n in ("made", "folder")} == {(1000, 1000)}


def test_tmpfs(lab):
    flags = ["--mount", "type=tmpfs,src=tmpfs,dst=/scratch,options=rw:nosuid:size=1048576:mode=1750"]
    script = "stat -f -c %T /scratch; stat -c %a /scratch; head -c 2000000 /dev/zero > /scratch/big; stat -c %s /scratch/big"
    done = lab.run("sh", "-c", script, flags=flags)
    assert done.stdout.split() == ["tmpfs", "1750", "1048576"]
    assert "head" in done.stderr


def test_mount_source_that_is_missing(lab):
    done = lab.run("true", flags=bind(lab.folder / "absent", "/data", "rw"))
    assert done.returncode != 0
    assert "absent" in done.stderr and "no such file or directory" in done.stderr.lower()


def test_image_without_layers(lab):
    """An empty root file system has no command in it; nothing else may be taken for it."""
    done = lab.run("/bin/true", image="swiftlet.test/empty:latest")
    assert done.returncode != 0
    assert "no such file or directory" in done.stderr.lower()
