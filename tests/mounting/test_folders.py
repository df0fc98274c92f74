import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloudfs.errors import ConfigError
from cloudfs.mounting.folders import Folders, Holder, folders_of, holders, locked


@pytest.fixture(autouse=True)
def bases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLOUDFS_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("CLOUDFS_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def work() -> Folders:
    return folders_of("work")


# Folders ----------------------------------------------------------------------------------------


def test_the_folders_of_a_remote_are_made_for_its_owner_only(bases: Path):
    old = os.umask(0)
    try:
        made = folders_of("work")
    finally:
        os.umask(old)
    assert made == Folders(bases / "state/work", bases / "cache/work")
    for folder in (made.state, made.cache, made.drafts):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_folders_that_others_can_enter_are_closed(bases: Path):
    (bases / "state/work").mkdir(parents=True)
    (bases / "state/work").chmod(0o755)
    assert stat.S_IMODE(folders_of("work").state.stat().st_mode) == 0o700


def test_making_them_again_loses_nothing(work: Folders):
    (work.drafts / "draft").write_text("precious")
    assert folders_of("work") == work
    assert (work.drafts / "draft").read_text() == "precious"


def test_a_folder_that_cannot_be_made_is_named(bases: Path):
    (bases / "state").write_text("a file")
    with pytest.raises(ConfigError, match="state/work cannot be made: "):
        folders_of("work")


# The lock ---------------------------------------------------------------------------------------


def test_a_second_mount_is_refused_with_the_place_of_the_first(work: Folders):
    with locked("work", work, "/mnt/first"):
        with pytest.raises(ConfigError) as caught, locked("work", work, "/mnt/second"):
            raise AssertionError
        assert f"work is mounted already at /mnt/first by process {os.getpid()}" in str(
            caught.value
        )
        assert "unmount it first" in str(caught.value)
        assert [h.mountpoint for h in holders()] == ["/mnt/first"]


def test_a_lock_that_was_given_back_can_be_taken(work: Folders):
    for mountpoint in ("/mnt/a longer one", "/mnt/b"):
        with locked("work", work, mountpoint):
            assert [h.mountpoint for h in holders()] == [mountpoint]


def test_a_lock_is_given_back_when_what_holds_it_fails(work: Folders):
    with pytest.raises(ZeroDivisionError), locked("work", work, "/mnt"):
        raise ZeroDivisionError
    with locked("work", work, "/mnt"):
        pass


def test_the_lock_is_private(work: Folders):
    with locked("work", work, "/mnt"):
        assert stat.S_IMODE((work.state / "lock").stat().st_mode) == 0o600


def test_remotes_do_not_lock_each_other(work: Folders):
    other = folders_of("other")
    with locked("work", work, "/mnt/w"), locked("other", other, "/mnt/o"):
        assert holders() == [
            Holder("other", "/mnt/o", os.getpid(), other.state),
            Holder("work", "/mnt/w", os.getpid(), work.state),
        ]
    assert holders() == []


def test_a_holder_whose_record_is_not_readable_is_refused_without_a_name(work: Folders):
    with locked("work", work, "/mnt"):
        for record in ("", "{", "[]", '{"pid": 1}', '{"mountpoint": "/x", "pid": "y"}'):
            (work.state / "lock").write_text(record)
            assert holders() == []
            with (
                pytest.raises(ConfigError, match="work is mounted already; unmount"),
                locked("work", work, "/mnt"),
            ):
                raise AssertionError


def test_without_any_state_nobody_holds_any(bases: Path):
    assert holders() == []
    (bases / "state").mkdir()
    assert holders() == []


def test_folders_that_are_not_of_remotes_are_no_matter(work: Folders, bases: Path):
    (bases / "state/stray").write_text("a file")
    (bases / "state/empty").mkdir()
    (work.state / "lock").write_text("of a process that is gone")
    assert holders() == []


HOLDER = """
import sys
from pathlib import Path
from cloudfs.mounting.folders import Folders, locked
with locked("work", Folders(Path(sys.argv[1]), Path(sys.argv[1])), "/mnt/elsewhere"):
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other_process(work: Folders) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that holds the lock."""
    command = [sys.executable, "-c", HOLDER, str(work.state)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"locked\n"
        yield process
        process.kill()


def test_the_lock_of_another_process_counts_until_it_dies(
    work: Folders, other_process: subprocess.Popen[bytes]
):
    with (
        pytest.raises(ConfigError, match=f"at /mnt/elsewhere by process {other_process.pid}"),
        locked("work", work, "/mnt"),
    ):
        raise AssertionError
    assert holders() == [Holder("work", "/mnt/elsewhere", other_process.pid, work.state)]
    other_process.kill()
    other_process.wait()
    with locked("work", work, "/mnt"):
        pass
