"""rename(2), renameat2(2)."""

import ctypes
import errno
import os
from pathlib import Path

import pytest

NOREPLACE, EXCHANGE = 1, 2
AT_FDCWD = -100


def renameat2(old: Path, new: Path, flags: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(AT_FDCWD, os.fsencode(old), AT_FDCWD, os.fsencode(new), flags):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def test_a_file_gets_another_name(folder: Path):
    (folder / "a").write_text("x")
    inode = (folder / "a").stat().st_ino
    (folder / "a").rename(folder / "b")
    assert os.listdir(folder) == ["b"]
    assert (folder / "b").read_text() == "x"
    assert (folder / "b").stat().st_ino == inode


def test_a_file_replaces_another(folder: Path):
    (folder / "a").write_text("new")
    (folder / "b").write_text("old")
    with (folder / "b").open() as old:
        (folder / "a").rename(folder / "b")
        assert (folder / "b").read_text() == "new"
        assert old.read() == "old"
    assert os.listdir(folder) == ["b"]


def test_a_tree_moves(folder: Path):
    (folder / "t" / "u").mkdir(parents=True)
    (folder / "t" / "u" / "f").write_text("deep")
    (folder / "into").mkdir()
    (folder / "t").rename(folder / "into" / "t2")
    assert (folder / "into" / "t2" / "u" / "f").read_text() == "deep"
    assert os.listdir(folder) == ["into"]


def test_noreplace_keeps_what_is_there(folder: Path):
    (folder / "a").write_text("a")
    (folder / "b").write_text("b")
    with pytest.raises(FileExistsError):
        renameat2(folder / "a", folder / "b", NOREPLACE)
    assert (folder / "b").read_text() == "b"
    renameat2(folder / "a", folder / "c", NOREPLACE)
    assert sorted(os.listdir(folder)) == ["b", "c"]


def test_exchange_is_refused_and_changes_nothing(folder: Path):
    (folder / "a").write_text("a")
    (folder / "b").write_text("b")
    with pytest.raises(OSError) as caught:
        renameat2(folder / "a", folder / "b", EXCHANGE)
    assert caught.value.errno == errno.EINVAL
    assert (folder / "a").read_text() == "a"


def test_impossible_renames_tell_why(folder: Path):
    (folder / "f").touch()
    (folder / "d" / "e").mkdir(parents=True)
    (folder / "empty").mkdir()
    for old, new, number in [
        ("f", "d", errno.EISDIR),
        ("d", "f", errno.ENOTDIR),
        ("empty", "d", errno.ENOTEMPTY),
        ("d", "d/e/x", errno.EINVAL),
        ("nothing", "x", errno.ENOENT),
    ]:
        with pytest.raises(OSError) as caught:
            (folder / old).rename(folder / new)
        assert caught.value.errno == number, (old, new)


def test_an_empty_folder_is_replaced(folder: Path):
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "c").mkdir()
    (folder / "a").rename(folder / "c")
    assert os.listdir(folder) == ["c"]
    assert os.listdir(folder / "c") == ["b"]
