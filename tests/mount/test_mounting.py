"""The life of a mount: begin, end, and what may go wrong on the way."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.mount.machine import CLOUDFS, Cloud, Drive, wait_until


def test_what_was_written_is_there_after_a_remount_without_cache(drive: Drive):
    (drive.path / "d").mkdir()
    (drive.path / "d" / "f").write_text("kept")
    drive.umount()
    assert not drive.is_mounted()
    assert os.listdir(drive.path) == []
    drive.delete_cache()
    drive.mount()
    assert (drive.path / "d" / "f").read_text() == "kept"


def test_a_folder_of_the_account_can_be_mounted_alone(
    drive: Drive, own_cloud: Cloud, make_drive: Callable[..., Drive]
):
    (drive.path / "a" / "b").mkdir(parents=True)
    (drive.path / "a" / "b" / "f").write_text("deep")
    drive.flush()
    part = make_drive(own_cloud, "part")
    part.mount("/a/b")
    assert os.listdir(part.path) == ["f"]
    (part.path / "g").write_text("from inside")
    part.umount()
    listed = drive.command("ls", "own:a/b").stdout
    assert listed.split() == ["f", "g"]


def test_a_read_only_mount_changes_nothing(drive: Drive, own_cloud, make_drive):
    (drive.path / "f").write_text("x")
    drive.flush()
    other = make_drive(own_cloud, "other")
    other.command("mount", "other:", other.path, "--read-only")
    assert (other.path / "f").read_text() == "x"
    with pytest.raises(OSError, match="Read-only"):
        (other.path / "g").touch()
    with pytest.raises(OSError, match="Read-only"):
        (other.path / "f").unlink()


def test_the_mount_table_shows_the_remote(drive: Drive):
    (line,) = [
        line for line in Path("/proc/mounts").read_text().splitlines() if f" {drive.path} " in line
    ]
    source, _, type_, *_ = line.split()
    assert (source, type_) == ("own:/", "fuse")


def test_a_second_mount_of_a_remote_is_refused(drive: Drive, tmp_path: Path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = drive.command("mount", "own:", elsewhere, check=False)
    assert done.returncode != 0
    assert str(drive.path) in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_mount_in_use_is_not_unmounted(drive: Drive):
    with (drive.path / "f").open("w"):
        done = drive.command("umount", drive.path, check=False)
        assert done.returncode == 1
        assert drive.is_mounted()
    drive.umount()


def test_plain_umount_works_and_uploads_go_on(drive: Drive, own_cloud: Cloud):
    (drive.path / "f").write_text("x")
    pid = drive.pid
    subprocess.run(["fusermount3", "-u", drive.path], check=True)
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), 30)
    assert drive.command("ls", "own:").stdout.split() == ["f"]


@pytest.mark.parametrize("number", [15, 2])
def test_a_signal_ends_the_mount_when_uploads_are_done(drive: Drive, number: int):
    (drive.path / "f").write_text("x")
    pid = drive.pid
    os.kill(pid, number)
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), 30)
    assert not drive.is_mounted()
    assert drive.command("ls", "own:").stdout.split() == ["f"]


def test_a_killed_process_leaves_a_mount_that_the_next_one_clears(drive: Drive):
    (drive.path / "f").write_text("acknowledged")
    drive.kill()
    with pytest.raises(OSError, match="not connected"):
        os.listdir(drive.path)
    drive.mount()
    assert (drive.path / "f").read_text() == "acknowledged"
    drive.flush()
    assert drive.command("ls", "own:").stdout.split() == ["f"]


def test_umount_clears_a_dead_mount(drive: Drive):
    drive.kill()
    done = drive.command("umount", drive.path, check=False)
    assert not drive.is_mounted()
    assert "died" in done.stderr


def test_foreground_stays_until_it_is_unmounted(own_cloud: Cloud, make_drive):
    drive = make_drive(own_cloud)
    process = subprocess.Popen(
        [*CLOUDFS, "mount", "own:", drive.path, "--foreground"],
        env=drive.environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(drive.is_mounted)
    (drive.path / "f").touch()
    drive.umount()
    assert process.wait(20) == 0
    assert process.stderr is not None
    process.stderr.close()


def test_status_tells_what_is_going_on(drive: Drive, own_cloud: Cloud):
    assert os.listdir(drive.path) == []
    own_cloud.kill()  # nothing can be brought to it meanwhile
    (drive.path / "f").write_text("x" * 100)
    status = drive.status()
    assert status["waiting"] == 1
    assert [entry["path"] for entry in status["pending"]] == ["/f"]
    assert (status["remote"], status["mountpoint"]) == ("own", str(drive.path))
    own_cloud.start()
    drive.flush()
    status = drive.status()
    assert status["waiting"] == status["refused"] == 0
    assert status["online"] is True
    assert "everything is on the service" in drive.command("status").stdout
    assert status["traffic"]["requests"]


def test_flush_tells_what_it_could_not_bring(drive: Drive, own_cloud: Cloud):
    assert os.listdir(drive.path) == []
    own_cloud.kill()
    (drive.path / "f").write_text("x")
    done = drive.command("flush", drive.path, "--timeout", "1", check=False)
    assert done.returncode == 1
    assert "/f" in done.stderr
    done = drive.command("umount", drive.path, "--timeout", "1", check=False)
    assert done.returncode == 1
    assert drive.is_mounted()
    done = drive.command("umount", drive.path, "--no-wait", check=False)
    assert done.returncode == 0
    assert "/f" in done.stderr
    own_cloud.start()
    drive.mount()
    assert (drive.path / "f").read_text() == "x"
    drive.flush()
    assert drive.command("ls", "own:").stdout.split() == ["f"]


def test_flush_takes_any_path_in_the_drive(drive: Drive):
    (drive.path / "d").mkdir()
    drive.command("flush", drive.path / "d")


def test_private_things_are_private(drive: Drive):
    (drive.path / "f").write_text("secret")
    for folder in (drive.home / "state" / "own", drive.home / "cache" / "own"):
        assert folder.stat().st_mode & 0o777 == 0o700
        for path in folder.rglob("*"):
            mode = path.lstat().st_mode & 0o777
            assert mode & 0o077 == 0 or path.is_dir(), path
    assert drive.settings["password"] not in drive.log


def test_a_drive_starts_without_network(drive: Drive, own_cloud: Cloud, announce):
    announce("starting without the service")
    announce("stay in the journal")
    (drive.path / "d").mkdir()
    (drive.path / "d" / "f").write_text("known")
    drive.flush()
    assert os.listdir(drive.path) == ["d"]
    assert os.listdir(drive.path / "d") == ["f"]
    drive.umount()
    own_cloud.kill()
    drive.mount()
    assert os.listdir(drive.path) == ["d"]
    assert os.listdir(drive.path / "d") == ["f"]
    (drive.path / "d" / "new").write_text("written offline")
    assert sorted(os.listdir(drive.path / "d")) == ["f", "new"]
    own_cloud.start()
    drive.flush()
    assert drive.command("ls", "own:d").stdout.split() == ["f", "new"]


def test_the_package_runs_as_a_module():
    command = [sys.executable, "-m", "cloudfs", "--version"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stdout.startswith(b"cloudfs ")
