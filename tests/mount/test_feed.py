"""What another client changes is seen here within one question to the service's event log.

Listings are believed for an hour and the kernel for a minute: only the feed can tell.
"""

import mmap
import os
import subprocess
from pathlib import Path

import pytest

from tests.mount.machine import Drive, wait_until

INTERVAL = 1.0
SOON = INTERVAL + 4.0  # for the questions that follow: the folder, the file


@pytest.fixture
def drives(own_cloud, make_drive) -> tuple[Drive, Drive]:
    """One that changes things, and one that only has the feed."""
    one = make_drive(own_cloud, "one")
    feed = {"change_detection": "events", "events_interval": INTERVAL}
    two = make_drive(own_cloud, "two", metadata_ttl=3600, **feed)
    one.mount()
    (one.path / "work").mkdir()
    (one.path / "work" / "f").write_bytes(b"a" * 10_000)
    (one.path / "work" / "gone").write_text("gone soon")
    one.flush()
    two.mount()
    assert sorted(os.listdir(two.path / "work")) == ["f", "gone"]
    return one, two


def mapped(path: Path) -> bytes:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as memory:
        return memory[:]


def test_size_and_content_are_new_also_through_mmap(drives: tuple[Drive, Drive]):
    one, two = drives
    f = two.path / "work" / "f"
    assert mapped(f) == b"a" * 10_000
    (one.path / "work" / "f").write_bytes(b"b" * 20_000)
    one.flush()
    wait_until(lambda: f.stat().st_size == 20_000, SOON)
    assert f.read_bytes() == b"b" * 20_000
    assert mapped(f) == b"b" * 20_000


def test_the_same_size_is_noticed_too(drives: tuple[Drive, Drive]):
    one, two = drives
    f = two.path / "work" / "f"
    assert mapped(f) == b"a" * 10_000
    (one.path / "work" / "f").write_bytes(b"c" * 10_000)
    one.flush()
    wait_until(lambda: mapped(f) == b"c" * 10_000, SOON)
    assert f.read_bytes() == b"c" * 10_000


def test_an_open_shell_sees_new_and_removed_names(drives: tuple[Drive, Drive]):
    one, two = drives
    with subprocess.Popen(
        ["sh"], cwd=two.path / "work", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as shell:

        def says(command: str) -> list[str]:
            assert shell.stdin is not None
            assert shell.stdout is not None
            shell.stdin.write(f"{command}; echo end\n")
            shell.stdin.flush()
            return list(iter(lambda: shell.stdout.readline().rstrip("\n"), "end"))  # type: ignore[union-attr]

        assert says("ls") == ["f", "gone"]
        assert says("cat new 2>/dev/null") == []
        (one.path / "work" / "gone").unlink()
        (one.path / "work" / "new").write_text("new\n")
        one.flush()
        wait_until(lambda: says("ls") == ["f", "new"], SOON)
        assert says("cat new") == ["new"]
        assert says("cat gone 2>/dev/null || echo none") == ["none"]
