"""The promises of docs/semantics.md, each with the test that carries it."""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract import webdav_servers
from tests.mount.machine import Cloud, Drive, wait_until

DOCUMENT = Path(__file__).parents[2] / "docs" / "semantics.md"


def listed(drive: Drive, path: str = "") -> list[str]:
    """What is on the service, seen without the drive."""
    return drive.command("ls", f"{drive.remote}:{path}").stdout.split()


def test_visible_at_once(drive: Drive):
    """What a program wrote is visible to all programs at once."""
    with (drive.path / "f").open("wb", buffering=0) as writer:
        writer.write(b"hello")
        assert (drive.path / "f").read_bytes() == b"hello"
        assert (drive.path / "f").stat().st_size == 5


def test_close_survives_sigkill(drive: Drive):
    """When `close` has returned, what was written survives SIGKILL of the mount process."""
    (drive.path / "f").write_bytes(b"x" * 1_000_000)
    drive.kill()
    drive.mount()
    assert (drive.path / "f").read_bytes() == b"x" * 1_000_000
    drive.flush()
    assert listed(drive) == ["f"]


def test_names_survive_sigkill(drive: Drive):
    """When `mkdir`, `rename` or `unlink` have returned, they survive it too."""
    for name in ("a", "b"):
        (drive.path / name).write_text(name)
    drive.flush()
    (drive.path / "d").mkdir()
    (drive.path / "a").rename(drive.path / "d" / "c")
    (drive.path / "b").unlink()
    drive.kill()
    drive.mount()
    assert os.listdir(drive.path) == ["d"]
    assert (drive.path / "d" / "c").read_text() == "a"
    drive.flush()
    assert listed(drive) == ["d/"]
    assert listed(drive, "d") == ["c"]


def test_unfinished_writes_leave_the_closed_file(drive: Drive):
    """What was written and not closed when the process died leaves the file as it was closed last."""  # noqa: E501
    (drive.path / "f").write_bytes(b"closed")
    file = (drive.path / "f").open("r+b", buffering=0)
    file.write(b"OPEN, and longer than before")
    drive.kill()
    with pytest.raises(OSError):
        file.close()
    drive.mount()
    assert (drive.path / "f").read_bytes() == b"closed"


def test_flush_means_there(drive: Drive):
    """When `cloudfs flush` has returned 0, everything is on the service."""
    (drive.path / "d").mkdir()
    for number in range(20):
        (drive.path / "d" / f"f{number:02}").write_text("x")
    drive.flush()
    assert len(listed(drive, "d")) == 20


def test_umount_waits(drive: Drive, own_cloud: Cloud):
    """`cloudfs umount` does not unmount before everything is on the service, unless told not to wait."""  # noqa: E501
    own_cloud.ask("POST", "faults", {"kind": "latency", "seconds": 0.3})
    for number in range(5):
        (drive.path / f"f{number}").write_text("x")
    drive.umount()
    assert len(listed(drive)) == 5


def test_open_file_keeps_its_version(own_cloud: Cloud, make_drive: Callable[..., Drive]):
    """An open file is the version it was opened on, whatever becomes of the name."""
    one = make_drive(own_cloud, "one", metadata_ttl=0.2)
    two = make_drive(own_cloud, "two", metadata_ttl=0.2)
    one.mount()
    two.mount()
    (one.path / "f").write_bytes(b"a" * 1000)
    one.flush()
    wait_until((two.path / "f").exists)
    with (two.path / "f").open("rb", buffering=0) as old:
        (one.path / "f").write_bytes(b"b" * 2000)
        one.flush()
        wait_until(lambda: (two.path / "f").stat().st_size == 2000)
        assert old.read() == b"a" * 1000
        assert (two.path / "f").read_bytes() == b"b" * 2000


def test_never_two_versions(machine: None, tmp_path: Path, make_drive: Callable[..., Drive]):
    """A read never mixes two versions."""
    with webdav_servers.apache().collection() as url:
        drives = [
            Drive(tmp_path / name, name, {"type": "webdav", "url": url, "metadata_ttl": 0.2})
            for name in ("one", "two")
        ]
        one, two = drives
        try:
            for drive in drives:
                drive.mount()
            size = 3 << 20
            (one.path / "f").write_bytes(b"a" * size)
            one.flush()
            wait_until((two.path / "f").exists)
            with (two.path / "f").open("rb", buffering=0) as old:
                assert old.read(4096) == b"a" * 4096
                (one.path / "f").write_bytes(b"b" * size)
                one.flush()
                os.posix_fadvise(old.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
                data: list[bytes] = []

                def read_on(file: object = old, into: list[bytes] = data) -> None:
                    while piece := file.read(1 << 16):  # type: ignore[attr-defined]
                        into.append(piece)

                with pytest.raises(OSError) as caught:
                    read_on()
                assert caught.value.errno == 116  # ESTALE: this server keeps no versions
                assert set(b"".join(data)) <= {ord("a")}
        finally:
            for drive in drives:
                drive.clean_up()


def test_open_file_survives(drive: Drive):
    """An open file survives unlink and rename."""
    (drive.path / "f").write_bytes(b"x" * 500_000)
    drive.umount()
    drive.delete_cache()
    drive.mount()
    with (drive.path / "f").open("rb") as file:
        (drive.path / "f").rename(drive.path / "g")
        (drive.path / "g").unlink()
        time.sleep(2)  # longer than the removal is held back
        assert file.read() == b"x" * 500_000
    drive.flush()
    assert listed(drive) == []


def test_save_by_rename_keeps_the_id(drive: Drive):
    """A save by writing a temporary file and renaming it over the old one is a new version."""
    (drive.path / "doc").write_text("one")
    drive.flush()
    before = os.getxattr(drive.path / "doc", "user.cloudfs.id")
    version = os.getxattr(drive.path / "doc", "user.cloudfs.version")
    (drive.path / ".doc.tmp").write_text("two")
    (drive.path / ".doc.tmp").rename(drive.path / "doc")
    drive.flush()
    assert os.getxattr(drive.path / "doc", "user.cloudfs.id") == before
    assert os.getxattr(drive.path / "doc", "user.cloudfs.version") != version
    assert listed(drive) == ["doc"]


@pytest.fixture
def cut_off(drive: Drive, own_cloud: Cloud) -> Drive:
    """A drive that knows a folder and a file, and has lost its service."""
    (drive.path / "d").mkdir()
    (drive.path / "d" / "f").write_text("known")
    (drive.path / "far").mkdir()
    drive.umount()
    drive.mount()
    assert sorted(os.listdir(drive.path)) == ["d", "far"]
    assert (drive.path / "d" / "f").read_text() == "known"
    own_cloud.kill()
    return drive


def test_offline_reads(cut_off: Drive):
    """What was listed and read before is still there to be listed and read."""
    assert os.listdir(cut_off.path / "d") == ["f"]
    assert (cut_off.path / "d" / "f").read_text() == "known"


def test_offline_writes(cut_off: Drive, own_cloud: Cloud):
    """New changes are taken and go up when the service is back."""
    (cut_off.path / "d" / "new").write_text("offline")
    (cut_off.path / "d" / "f").unlink()
    own_cloud.start()
    cut_off.flush()
    assert listed(cut_off, "d") == ["new"]


def test_offline_misses_fail_in_time(drive: Drive, own_cloud: Cloud):
    """What is not known fails within 30 seconds, and at once for a moment after that."""
    (drive.path / "far").mkdir()
    drive.umount()
    drive.delete_cache()
    drive.mount()
    assert os.listdir(drive.path) == ["far"]
    own_cloud.kill()
    began = time.monotonic()
    with pytest.raises(OSError):
        os.listdir(drive.path / "far")
    assert time.monotonic() - began < 30
    began = time.monotonic()
    with pytest.raises(OSError):
        os.listdir(drive.path / "far")
    assert time.monotonic() - began < 1


def test_df_never_waits(cut_off: Drive):
    """`df` answers at once."""
    began = time.monotonic()
    assert os.statvfs(cut_off.path).f_bavail > 0
    assert time.monotonic() - began < 0.5


def test_unknown_is_not_absent(cut_off: Drive, own_cloud: Cloud):
    """Nothing is taken for deleted because the service does not answer."""
    time.sleep(0.5)
    assert sorted(os.listdir(cut_off.path)) == ["d", "far"]
    own_cloud.start()
    own_cloud.ask("POST", "faults", {"kind": "status", "status": 500})
    assert (cut_off.path / "d" / "f").read_text() == "known"
    own_cloud.ask("DELETE", "faults")
    wait_until(lambda: os.listdir(cut_off.path / "d") == ["f"])


def test_mounts_offline(cut_off: Drive, announce):
    """A drive that was mounted before can be mounted without the service."""
    announce("starting without the service")
    cut_off.umount()
    cut_off.mount()
    assert os.listdir(cut_off.path / "d") == ["f"]


def test_refusals_are_shown(own_cloud: Cloud, make_drive: Callable[..., Drive], announce):
    """A change that the service refuses for good stays in the journal, and is shown."""
    announce("refuses a change")
    own_cloud.ask("POST", "settings", {"strict_names": True})
    drive = make_drive(own_cloud)
    drive.mount()
    (drive.path / "what?.txt").write_text("kept here")
    done = drive.command("flush", drive.path, check=False)
    assert done.returncode == 1
    assert "what?.txt" in done.stderr
    assert drive.status()["failed"][0]["path"] == "/what?.txt"
    assert os.getxattr(drive.path / "what?.txt", "user.cloudfs.state").startswith(b"failed: ")
    with (drive.path / "what?.txt").open("rb") as file, pytest.raises(OSError) as caught:
        os.fsync(file.fileno())
    assert caught.value.errno == 22
    assert (drive.path / "what?.txt").read_text() == "kept here"
    (drive.path / "what?.txt").rename(drive.path / "what.txt")
    drive.flush()
    assert listed(drive) == ["what.txt"]


def test_every_promise_has_its_test():
    """The document names no test that is not here."""
    named = re.findall(r"\[(\w+)\]", DOCUMENT.read_text())
    assert len(named) >= 15
    missing = [name for name in named if f"test_{name}" not in globals()]
    assert not missing
