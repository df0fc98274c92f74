"""chmod, chown, utimens, xattrs, symlinks, statvfs."""

import errno
import os
import stat
from pathlib import Path

import pytest


def test_modes_and_owners_are_kept(folder: Path):
    path = folder / "f"
    path.touch()
    path.chmod(0o751)
    assert stat.S_IMODE(path.stat().st_mode) == 0o751
    if os.geteuid() == 0:
        os.chown(path, 1234, 5678)
        assert (path.stat().st_uid, path.stat().st_gid) == (1234, 5678)
    (folder / "d").mkdir(mode=0o700)
    assert stat.S_IMODE((folder / "d").stat().st_mode) == 0o700


def test_times_are_kept_to_the_nanosecond(folder: Path):
    path = folder / "f"
    path.write_text("x")
    os.utime(path, ns=(1_000_000_001, 1_600_000_000_123_456_789))
    assert path.stat().st_mtime_ns == 1_600_000_000_123_456_789
    assert path.stat().st_atime_ns == 1_000_000_001
    os.utime(folder, ns=(5, 1_500_000_000_000_000_007))
    assert folder.stat().st_mtime_ns == 1_500_000_000_000_000_007


def test_a_folder_changes_when_names_in_it_do(folder: Path):
    os.utime(folder, ns=(5, 5))
    (folder / "f").touch()
    assert folder.stat().st_mtime_ns > 5


def test_symlinks(folder: Path):
    (folder / "target").write_text("x")
    (folder / "link").symlink_to("target")
    assert (folder / "link").is_symlink()
    assert os.readlink(folder / "link") == "target"
    assert (folder / "link").read_text() == "x"
    (folder / "dangling").symlink_to("/no/where")
    assert not (folder / "dangling").exists()
    assert sorted(os.listdir(folder)) == ["dangling", "link", "target"]
    (folder / "link").unlink()
    assert (folder / "target").read_text() == "x"


def test_programs_keep_xattrs(folder: Path):
    path = folder / "f"
    path.touch()
    os.setxattr(path, "user.note", b"\0anything\xff")
    assert os.getxattr(path, "user.note") == b"\0anything\xff"
    assert "user.note" in os.listxattr(path)
    with pytest.raises(FileExistsError):
        os.setxattr(path, "user.note", b"", os.XATTR_CREATE)
    os.removexattr(path, "user.note")
    with pytest.raises(OSError) as caught:
        os.getxattr(path, "user.note")
    assert caught.value.errno == errno.ENODATA
    with pytest.raises(OSError) as caught:
        os.setxattr(path, "user.cloudfs.id", b"x")
    assert caught.value.errno == errno.EPERM


def test_there_is_room(folder: Path):
    room = os.statvfs(folder)
    assert room.f_blocks * room.f_frsize > 1 << 30
    assert room.f_bavail > 0
    assert room.f_namemax == 255


def test_ls_need_not_ask_for_security_labels_of_every_file(folder: Path):
    (folder / "plain").write_text("x")
    for name in ("security.selinux", "system.posix_acl_access"):
        with pytest.raises(OSError, match="not supported"):
            os.getxattr(folder / "plain", name)
    with pytest.raises(OSError, match="No data"):
        os.getxattr(folder / "plain", "user.nothing")
