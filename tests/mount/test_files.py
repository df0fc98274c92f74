"""open, read, write, truncate, fsync, mmap, close."""

import errno
import mmap
import os
import random
from pathlib import Path

import pytest


def test_what_is_written_is_read(folder: Path):
    data = random.Random(3).randbytes(3_000_001)
    (folder / "f").write_bytes(data)
    assert (folder / "f").read_bytes() == data
    assert (folder / "f").stat().st_size == len(data)


def test_reads_and_writes_anywhere(folder: Path):
    with (folder / "f").open("w+b") as file:
        file.write(b"0123456789")
        file.seek(100)
        file.write(b"end")
        file.seek(3)
        file.write(b"xy")
        file.seek(0)
        assert file.read() == b"012xy56789" + bytes(90) + b"end"


def test_append_goes_to_the_end(folder: Path):
    path = folder / "f"
    path.write_bytes(b"one")
    with path.open("ab") as first, path.open("ab") as second:
        first.write(b" two")
        first.flush()
        second.write(b" three")
        second.flush()
        first.write(b" four")
    assert path.read_bytes() == b"one two three four"


def test_truncate_shrinks_and_grows(folder: Path):
    path = folder / "f"
    path.write_bytes(b"0123456789")
    os.truncate(path, 4)
    assert path.read_bytes() == b"0123"
    os.truncate(path, 8)
    assert path.read_bytes() == b"0123\0\0\0\0"
    with path.open("r+b") as file:
        file.truncate(2)
        file.seek(0, os.SEEK_END)
        file.write(b"end")
    assert path.read_bytes() == b"01end"
    path.write_bytes(b"")
    assert path.stat().st_size == 0


def test_an_unlinked_file_lives_until_it_is_closed(folder: Path):
    with (folder / "f").open("w+b") as file:
        file.write(b"still here")
        file.flush()
        (folder / "f").unlink()
        assert os.listdir(folder) == []
        assert os.fstat(file.fileno()).st_nlink == 0
        file.write(b" and growing")
        file.seek(0)
        assert file.read() == b"still here and growing"


def test_mapped_memory_is_written_back(folder: Path):
    path = folder / "f"
    path.write_bytes(b"a" * 10_000)
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
        assert memory[5000:5003] == b"aaa"
        memory[5000:5003] = b"XYZ"
        memory.flush()
    assert path.read_bytes() == b"a" * 5000 + b"XYZ" + b"a" * 4997


def test_fsync_works_on_files_and_folders(folder: Path):
    with (folder / "f").open("wb") as file:
        file.write(b"x")
        file.flush()
        os.fsync(file.fileno())
        os.fdatasync(file.fileno())
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def test_two_handles_see_one_file(folder: Path):
    with (folder / "f").open("w+b", buffering=0) as one:
        with (folder / "f").open("r+b", buffering=0) as two:
            one.write(b"hello")
            assert two.read(10) == b"hello"
            two.write(b" there")
            assert one.read(10) == b" there"


def test_folders_are_not_files(folder: Path):
    with pytest.raises(IsADirectoryError):
        (folder).write_text("x")
    with pytest.raises(OSError) as caught:
        os.truncate(folder, 0)
    assert caught.value.errno == errno.EISDIR


def test_exclusive_creation_has_one_winner(folder: Path):
    os.close(os.open(folder / "lock", os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    with pytest.raises(FileExistsError):
        os.open(folder / "lock", os.O_CREAT | os.O_EXCL | os.O_WRONLY)
