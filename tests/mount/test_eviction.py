"""A drive with more entries than it may keep in memory."""

import os
from pathlib import Path

import pytest

from tests.mount.machine import Drive, wait_until

FOLDERS, FILES = 5, 20
ALL = 1 + FOLDERS * (1 + FILES)
PATIENCE = 60.0  # seconds


@pytest.fixture
def crowded(own_cloud, make_drive) -> Drive:
    """A drive that may keep a few entries only, and has many."""
    full = make_drive(own_cloud, "full")
    full.mount()
    for number in range(FOLDERS):
        (full.path / f"d{number}").mkdir()
        for file in range(FILES):
            (full.path / f"d{number}" / f"f{file}").write_text(f"{number} {file}")
    full.flush()
    full.umount()
    crowded = make_drive(own_cloud, "crowded", memory_entries=10, metadata_ttl=3600)
    crowded.mount()
    return crowded


def numbers(top: Path) -> dict[str, int]:
    return {str(path): path.stat().st_ino for path in sorted(top.rglob("*"))}


def in_memory(drive: Drive) -> int:
    return os.statvfs(drive.path).f_files - (1 << 30)


def test_what_was_dropped_is_there_again_with_the_same_number(crowded: Drive):
    before = numbers(crowded.path)
    assert in_memory(crowded) == ALL
    wait_until(lambda: in_memory(crowded) <= 10, PATIENCE)
    assert numbers(crowded.path) == before
    wait_until(lambda: in_memory(crowded) <= 10, PATIENCE)
    assert (crowded.path / "d3" / "f7").read_text() == "3 7"
    assert not (crowded.path / "d3" / "none").exists()


def test_what_is_open_or_was_changed_here_is_not_dropped(crowded: Drive):
    before = numbers(crowded.path)
    changed = crowded.path / "d1" / "f1"
    with (crowded.path / "d0" / "f0").open() as file:
        changed.chmod(0o600)
        changed.rename(crowded.path / "d2" / "moved")
        (crowded.path / "d2" / "new").write_text("new")
        wait_until(lambda: in_memory(crowded) < ALL / 2, PATIENCE)
        assert file.read() == "0 0"
        assert os.fstat(file.fileno()).st_ino == before[file.name]
    moved = crowded.path / "d2" / "moved"
    assert moved.stat().st_ino == before[str(changed)]
    assert moved.stat().st_mode & 0o777 == 0o600
    assert not changed.exists()
    assert (crowded.path / "d2" / "new").read_text() == "new"
    assert len(numbers(crowded.path)) == ALL - 1 + 1
    crowded.flush()
    wait_until(lambda: in_memory(crowded) < ALL / 2, PATIENCE)
    assert moved.read_text() == "1 1"
