"""What lies on the server when a workload begins, and what workloads bring along."""

import os
import random
import subprocess
import tarfile
import tempfile
from pathlib import Path

MIB = 1 << 20
BIG = 256 * MIB
FOLDERS, SMALL = 30, 4000  # of `small_files`: folders, and bytes of each file
TREE_FOLDERS, TREE_SMALL = 10, 2000  # the same, of `tree` and the archive
READERS, READ_SIZE = 8, 64 * MIB


def nothing(_: Path) -> None:
    """An empty account."""


def small_files(folder: Path, files: int) -> None:
    """Folders with that many files each."""
    _fill(folder, FOLDERS, files, SMALL, seed=1)


def big_file(folder: Path) -> None:
    """One file of 256 MiB."""
    with (folder / "big").open("wb") as file:
        for number in range(BIG // MIB):
            file.write(random.Random(number).randbytes(MIB))


def small_and_large(folder: Path, files: int) -> None:
    """The small files, and a large one for each reader."""
    (folder / "small").mkdir()
    small_files(folder / "small", files)
    (folder / "large").mkdir()
    first = folder / "large" / "0"
    first.write_bytes(random.Random(7).randbytes(READ_SIZE))
    for number in range(1, READERS):
        os.link(first, folder / "large" / str(number))


def many_entries(folder: Path, folders: int, files: int) -> None:
    """Empty files."""
    for number in range(folders):
        place = folder / f"d{number:03}"
        place.mkdir()
        for file in range(files):
            (place / f"f{file:02}").touch()


def tree(folder: Path, files: int) -> None:
    """t, with ten folders of that many files, and an empty folder to move it into."""
    (folder / "t").mkdir()
    _fill(folder / "t", TREE_FOLDERS, files, TREE_SMALL, seed=2)
    (folder / "into").mkdir()


def archive(path: Path, files: int) -> Path:
    """A tar file of such a tree."""
    with tempfile.TemporaryDirectory() as folder:
        _fill(Path(folder), TREE_FOLDERS, files, TREE_SMALL, seed=5)
        with tarfile.open(path, "w") as tar:
            tar.add(folder, "t")
    return path


def repository(path: Path, files: int) -> Path:
    """A git repository of small files in 50 folders."""
    path.mkdir()
    chance = random.Random(6)
    for number in range(files):
        place = path / f"d{number % 50:02}"
        place.mkdir(exist_ok=True)
        (place / f"f{number:04}.txt").write_text(f"{chance.random()}\n" * 20)
    git = ["git", "-C", path, "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, *words], check=True)
    subprocess.run(["git", "-C", path, "gc", "-q"], check=True)
    return path


def _fill(folder: Path, folders: int, files: int, size: int, *, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(folders):
        place = folder / f"d{number:02}"
        place.mkdir()
        for file in range(files):
            (place / f"f{file:02}").write_bytes(chance.randbytes(size))
