"""lookup, mkdir, rmdir, unlink, readdir."""

import errno
import os
from pathlib import Path

import pytest


def test_a_new_folder_is_empty(folder: Path):
    (folder / "d").mkdir()
    assert os.listdir(folder) == ["d"]
    assert os.listdir(folder / "d") == []
    assert (folder / "d").is_dir()


def test_what_is_not_there_is_not_found(folder: Path):
    with pytest.raises(FileNotFoundError):
        (folder / "x").stat()
    with pytest.raises(FileNotFoundError):
        (folder / "x" / "y").mkdir()
    (folder / "f").touch()
    with pytest.raises(NotADirectoryError):
        (folder / "f" / "x").stat()


def test_a_name_is_made_once(folder: Path):
    (folder / "d").mkdir()
    with pytest.raises(FileExistsError):
        (folder / "d").mkdir()
    with pytest.raises(FileExistsError):
        os.close(os.open(folder / "d", os.O_CREAT | os.O_EXCL | os.O_WRONLY))


def test_a_full_folder_is_not_removed(folder: Path):
    (folder / "d").mkdir()
    (folder / "d" / "f").touch()
    with pytest.raises(OSError, match="not empty") as caught:
        (folder / "d").rmdir()
    assert caught.value.errno == errno.ENOTEMPTY
    (folder / "d" / "f").unlink()
    (folder / "d").rmdir()
    assert os.listdir(folder) == []


@pytest.mark.parametrize(
    "name", ["two words", "quote'\"", "-dash", "stra\u00dfe \u65e5\u672c", "\U0001f680", "n" * 255]
)
def test_names_of_all_kinds(folder: Path, name: str):
    (folder / name).write_text(name)
    assert os.listdir(folder) == [name]
    assert (folder / name).read_text() == name


def test_names_that_cannot_be_stored_are_refused(folder: Path):
    with pytest.raises(OSError) as caught:
        (folder / ("n" * 256)).touch()
    assert caught.value.errno == errno.ENAMETOOLONG
    with pytest.raises(OSError) as caught:
        os.mkdir(os.fsencode(folder) + b"/\xff\xfe")
    assert caught.value.errno == errno.EINVAL
    assert os.listdir(folder) == []


def test_case_matters(folder: Path):
    (folder / "a").write_text("small")
    (folder / "A").write_text("capital")
    assert sorted(os.listdir(folder)) == ["A", "a"]
    assert (folder / "a").read_text() == "small"


def test_a_large_folder_is_listed_whole_while_it_shrinks(folder: Path):
    names = {f"file-{number:04}" for number in range(1500)}
    for name in names:
        (folder / name).touch()
    seen = []
    with os.scandir(folder) as entries:
        for entry in entries:
            seen.append(entry.name)
            if len(seen) % 3 == 0:
                os.unlink(folder / entry.name)
    assert len(seen) == len(set(seen))
    assert set(seen) == names
    assert len(os.listdir(folder)) == 1000


def test_dot_and_dot_dot_are_there(folder: Path):
    (folder / "d").mkdir()
    descriptor = os.open(folder / "d", os.O_RDONLY)
    try:
        assert os.stat("..", dir_fd=descriptor).st_ino == folder.stat().st_ino
        assert os.stat(".", dir_fd=descriptor).st_ino == (folder / "d").stat().st_ino
    finally:
        os.close(descriptor)


def test_a_folder_counts_its_subfolders(folder: Path):
    assert folder.stat().st_nlink == 2
    (folder / "d").mkdir()
    (folder / "f").touch()
    assert folder.stat().st_nlink == 3
    assert (folder / "f").stat().st_nlink == 1


def test_hard_links_and_devices_are_refused(folder: Path):
    (folder / "f").touch()
    with pytest.raises(PermissionError):
        os.link(folder / "f", folder / "g")
    with pytest.raises(OSError) as caught:
        os.mkfifo(folder / "fifo")
    assert caught.value.errno == errno.EOPNOTSUPP
